//! The pages of the codes: what each shows is what comes to its code.
//!
//! A page has two forms of a piece of source, which are compiled here, those of all pages in one file each; the third,
//! with the cure, is not refused. Or it names the test that comes to its code.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use hotmod::codes;
use hotmod_file::{Comparison, Page, inspect};
use hotmod_host::describe::Difference;
use hotmod_tests::fixture::{BASE, Family, ForGood};

#[path = "codes/calls.rs"]
mod calls;
#[path = "codes/files.rs"]
mod files;

/// The example of a page, as its source was, is, and is with the cure.
struct Example {
    page: Page,
    before: String,
    after: String,
    cured: String,
}

/// The pieces of source that are marked with this word.
fn marked(page: Page, word: &str) -> Option<String> {
    let fence = format!("```rs,{word}\n");
    let mut blocks = page.text().split(&fence).skip(1);
    let block = blocks.next()?.split("\n```").next()?;
    assert!(blocks.next().is_none(), "{}: `{word}` twice", page.code());
    Some(block.to_owned())
}

/// The example of a page that has one.
fn example(page: Page) -> Option<Example> {
    let (before, after) = (marked(page, "before")?, marked(page, "after")?);
    let cured = marked(page, "cured").unwrap_or_else(|| after.clone());
    Some(Example {
        page,
        before,
        after,
        cured,
    })
}

/// The word behind each of these ones.
fn behind<'a>(source: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    source
        .split(word)
        .skip(1)
        .filter_map(move |rest| rest.split(|c| !is_name(c)).next())
}

impl Example {
    /// The name of the module, and of the field of the state, that the example stands in.
    fn name(&self) -> String {
        format!("hm_{:04}", self.page.code().number())
    }

    /// The type whose values are state in it, if it has one.
    fn state<'a>(&self, source: &'a str) -> Option<&'a str> {
        if let Some(named) = self.page.note("state") {
            return Some(named);
        }
        let all = ["pub struct ", "pub enum "].map(|it| behind(source, it).next());
        all.into_iter().flatten().next()
    }

    /// Whether a difference between two files is of this example.
    fn has(&self, difference: &Difference) -> bool {
        let path = difference.path.trim_start_matches("import ");
        let field = format!("World.{}", self.name());
        if let Some(rest) = path.strip_prefix(&field) {
            return !rest.starts_with(|c: char| c.is_alphanumeric());
        }
        let named = path.split(['(', ':', '.']).next().unwrap_or(path);
        let sources = [&self.before, &self.after, &self.cured];
        let mut functions = sources.into_iter().flat_map(|it| behind(it, "fn "));
        functions.any(|it| it == named)
    }
}

/// One module with these pieces of source, and a state with a value of each.
fn module(examples: &[Example], part: fn(&Example) -> &str) -> String {
    let mut source =
        "use hotmod::StableState;\n\nhotmod::module! { name: \"codes\", version: \"1.0.0\" }\n"
            .to_owned();
    let mut fields = String::new();
    for example in examples {
        let (name, text) = (example.name(), part(example));
        write!(
            source,
            "\nmod {name} {{\n    use hotmod::StableState;\n\n{text}\n}}\n"
        )
        .expect("a text");
        if let Some(state) = example.state(text) {
            writeln!(fields, "    {name}: {name}::{state},").expect("a text");
        }
    }
    write!(
        source,
        "\n#[derive(StableState)]\npub struct World {{\n{fields}}}\n\n\
         #[hotmod::interface]\npub trait Shown {{\n    fn shown(&mut self) -> u32;\n}}\n\n\
         #[hotmod::init]\nfn world(_: &str) -> Result<World, String> {{ Err(String::new()) }}\n\n\
         #[hotmod::export]\nimpl Shown for World {{\n    fn shown(&mut self) -> u32 {{ 0 }}\n}}\n"
    )
    .expect("a text");
    source
}

#[test]
fn each_example_comes_to_its_code_and_its_cure_is_accepted() {
    let examples: Vec<Example> = Page::all().filter_map(example).collect();
    assert!(examples.len() > 30, "{}", examples.len());
    let parts: [fn(&Example) -> &str; 3] = [|it| &it.before, |it| &it.after, |it| &it.cured];
    let [before, after, cured] = parts.map(|part| module(&examples, part).for_good());
    let built = Family::written("codes", before.to_owned())
        .variant("after", &[(before, after)])
        .variant("cured", &[(before, cured)])
        .build();
    let [before, after, cured] = [BASE, "after", "cured"]
        .map(|it| inspect(built.file(it)).unwrap_or_else(|refusal| panic!("{refusal}")));
    let changed = Comparison::new(&before, &after).update();
    let mended = Comparison::new(&before, &cured).update();
    let mut wrong = Vec::new();
    for example in &examples {
        let code = example.page.code();
        let of_it = |all: &[Difference]| -> Vec<Difference> {
            all.iter().filter(|it| example.has(it)).cloned().collect()
        };
        let told = |all: &[Difference]| -> String {
            all.iter()
                .map(|it| format!("\n  {}", it.with_code()))
                .collect()
        };
        let (found, left) = (of_it(&changed), of_it(&mended));
        if !found.iter().any(|it| it.rule.code() == code) {
            wrong.push(format!("{code} is not what comes of it:{}", told(&found)));
        }
        let refuses = found
            .iter()
            .any(|it| it.rule.code() == code && it.rule.refuses());
        let mut others = found
            .iter()
            .filter(|it| it.rule.refuses() && it.rule.code() != code);
        if others.next().is_some() {
            wrong.push(format!(
                "{code}: something else is refused, too:{}",
                told(&found)
            ));
        }
        if refuses && marked(example.page, "cured").is_none() {
            wrong.push(format!("{code} shows no cure"));
        }
        if left.iter().any(|it| it.rule.refuses()) {
            wrong.push(format!("{code}: the cure is refused:{}", told(&left)));
        }
    }
    let refusing = changed.iter().chain(&mended).filter(|it| it.rule.refuses());
    let strange: Vec<_> = refusing
        .filter(|it| !examples.iter().any(|example| example.has(it)))
        .map(ToString::to_string)
        .collect();
    assert!(
        wrong.is_empty() && strange.is_empty(),
        "{}\n{strange:#?}",
        wrong.join("\n")
    );
}

/// The name of the enum's variant that has this name: `VariantAdded` of `variant-added`.
fn variant(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect()
}

/// The function or row that has this name, or the whole text if it is something else that stands there.
fn named<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let function = format!("fn {name}(");
    if let Some((_, rest)) = text.split_once(&function) {
        return rest.split("\n}\n").next();
    }
    if let Some((_, rest)) = text.split_once(&format!("name: \"{name}\"")) {
        return rest.split("\n    }").next();
    }
    text.contains(name).then_some(text)
}

/// Adds the text of all sources below a folder.
fn read_all(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            read_all(&path, sources);
        } else if path.extension().is_some_and(|it| it == "rs") {
            sources.push_str(&fs::read_to_string(&path).expect("a source"));
        }
    }
}

/// Whether the sources say that an error's variant, or an error, has this code: `NoInit { .. } => codes::NO_INIT`, or its
/// text ends with that.
fn comes_to(sources: &str, error: &str, constant: &str) -> bool {
    let code = format!("codes::{constant}");
    let arms = sources.split(error).skip(1);
    let mut arms = arms.filter_map(|rest| rest.lines().next()?.split_once("=> "));
    let shown = format!("impl fmt::Display for {error} {{");
    let texts = sources.split(&shown).skip(1);
    let mut texts = texts.filter_map(|rest| rest.split("\n}\n").next());
    arms.any(|(_, it)| it.contains(&code)) || texts.any(|it| it.contains(&code))
}

#[test]
fn the_macros_have_the_codes_of_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../hotmod-macros/src/codes.rs");
    let text = fs::read_to_string(path).expect("the codes of the macros");
    let mut count = 0;
    for line in text.lines() {
        let Some(constant) = line.strip_prefix("pub(crate) const ") else {
            continue;
        };
        let (name, number) = constant.split_once(": &str = \"").expect("a text");
        let number = number.trim_end_matches("\";");
        let code = codes::Code::find(number).unwrap_or_else(|| panic!("no {number}"));
        assert_eq!(code.name().to_uppercase().replace('-', "_"), name);
        assert_eq!(code.to_string(), number);
        count += 1;
    }
    assert!(count > 10, "{count}");
}

#[test]
fn each_page_without_an_example_to_compile_names_a_test_of_its_code() {
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let crates = ["hotmod", "hotmod-file", "hotmod-host", "hotmod-admin"];
    let mut sources = String::new();
    for library in crates {
        read_all(&checkout.join(library).join("src"), &mut sources);
    }
    let mut wrong = BTreeSet::new();
    for page in Page::all() {
        let code = page.code();
        let Some(shown) = page.note("shown") else {
            if example(page).is_none() {
                wrong.insert(format!("{code} shows nothing"));
            }
            continue;
        };
        let (file, name) = shown.split_once(' ').expect("a file and a name");
        let Ok(text) = fs::read_to_string(checkout.join(file)) else {
            wrong.insert(format!("{code}: there is no {file}"));
            continue;
        };
        let Some(test) = named(&text, name) else {
            wrong.insert(format!("{code}: {file} has no `{name}`"));
            continue;
        };
        let constant = code.name().to_uppercase().replace('-', "_");
        let quoted = format!("\"{}\"", code.name());
        let means = [
            code.to_string(),
            constant.clone(),
            variant(code.name()),
            quoted,
        ];
        let is_named = means.iter().any(|it| test.contains(it.as_str()));
        if !is_named && !comes_to(&sources, name, &constant) {
            wrong.insert(format!("{code}: `{name}` in {file} does not name it"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_function_of_a_host_that_a_page_names_is_there() {
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("published/api/hotmod-host.txt");
    let published = fs::read_to_string(published).expect("what is public");
    let has = |start: &str, next: &[char]| {
        let mut found = published.split(start).skip(1);
        found.any(|rest| rest.starts_with(next))
    };
    let mut wrong = BTreeSet::new();
    let mut count = 0;
    for page in Page::all() {
        for quoted in page.text().split('`').skip(1).step_by(2) {
            let Some((of, name)) = quoted.split_once("::") else {
                continue;
            };
            let end = name.find(|it: char| !it.is_alphanumeric() && it != '_');
            let name = &name[..end.unwrap_or(name.len())];
            let is_type = of.starts_with(char::is_uppercase) && !name.contains(char::is_uppercase);
            if !is_type || !has(&format!("hotmod_host::{of}"), &['\n', '<']) {
                continue;
            }
            count += 1;
            let generic = ["", "<I>", "<K, I>", "<F>", "<T>", "<'p>"];
            let is_there = |it: &&str| {
                let path = format!("hotmod_host::{of}{it}::{name}");
                has(&path, &['(', '<', ':'])
            };
            if !generic.iter().any(is_there) {
                wrong.insert(format!("{}: {of}::{name}", page.code()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count > 20, "{count}");
}
