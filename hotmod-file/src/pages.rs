//! The page of each code: what it means, an example that comes to it, and the cure.
//!
//! The pages are files of this crate (`codes/HM-0201.md`), and chapters of the guide.

use hotmod::codes::{self, Code};

/// What is known of a code.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    code: Code,
    text: &'static str,
}

impl Page {
    /// The page of a code.
    pub fn of(code: Code) -> Page {
        // Both are in the order of the numbers; a test holds that there is a page for each code.
        let place = PAGES.binary_search_by_key(&code.number(), |(number, _)| *number);
        Page {
            code,
            text: place.map_or("", |place| PAGES[place].1),
        }
    }

    /// All pages, by the numbers of their codes.
    pub fn all() -> impl Iterator<Item = Page> {
        codes::ALL.iter().copied().map(Page::of)
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What the code stands for, in a few words: `a new field has no value for existing state`.
    pub fn title(&self) -> &'static str {
        let first = self.text.lines().next().unwrap_or_default();
        first.split_once(": ").map_or("", |(_, title)| title)
    }

    /// The page, as Markdown.
    pub fn text(&self) -> &'static str {
        // What stands behind it is for tests alone.
        let end = self.text.find("\n<!-- ").unwrap_or(self.text.len());
        self.text[..end].trim_end()
    }

    /// What a comment at the end of the page says of it to tests: `shown` is the test that comes to the code.
    #[doc(hidden)]
    pub fn note(&self, key: &str) -> Option<&'static str> {
        let notes = self.text.lines().filter_map(|it| it.strip_prefix("<!-- "));
        let mut notes = notes.filter_map(|it| it.strip_suffix(" -->")?.split_once(": "));
        notes.find_map(|(it, what)| (it == key).then_some(what))
    }
}

macro_rules! pages {
    ($($number:literal $text:literal)*) => {
        const PAGES: &[(u16, &str)] = &[
            $(($number, include_str!(concat!("../codes/HM-", $text, ".md")))),*
        ];
    };
}

pages! {
    1 "0001"
    2 "0002"
    3 "0003"
    4 "0004"
    5 "0005"
    6 "0006"
    7 "0007"
    8 "0008"
    9 "0009"
    10 "0010"
    11 "0011"
    12 "0012"
    13 "0013"
    14 "0014"
    15 "0015"
    16 "0016"
    17 "0017"
    18 "0018"
    19 "0019"
    20 "0020"
    21 "0021"
    22 "0022"
    101 "0101"
    102 "0102"
    103 "0103"
    104 "0104"
    105 "0105"
    106 "0106"
    107 "0107"
    108 "0108"
    109 "0109"
    110 "0110"
    111 "0111"
    112 "0112"
    131 "0131"
    132 "0132"
    133 "0133"
    134 "0134"
    135 "0135"
    136 "0136"
    137 "0137"
    138 "0138"
    139 "0139"
    140 "0140"
    141 "0141"
    142 "0142"
    151 "0151"
    152 "0152"
    153 "0153"
    154 "0154"
    155 "0155"
    201 "0201"
    202 "0202"
    203 "0203"
    204 "0204"
    205 "0205"
    206 "0206"
    207 "0207"
    208 "0208"
    209 "0209"
    210 "0210"
    211 "0211"
    212 "0212"
    213 "0213"
    214 "0214"
    215 "0215"
    216 "0216"
    217 "0217"
    218 "0218"
    219 "0219"
    220 "0220"
    221 "0221"
    222 "0222"
    223 "0223"
    301 "0301"
    302 "0302"
    303 "0303"
    304 "0304"
    305 "0305"
    306 "0306"
    307 "0307"
    308 "0308"
    309 "0309"
    310 "0310"
    311 "0311"
    312 "0312"
    313 "0313"
    314 "0314"
    315 "0315"
    316 "0316"
    317 "0317"
    318 "0318"
    319 "0319"
    401 "0401"
    402 "0402"
    404 "0404"
    405 "0405"
    406 "0406"
    407 "0407"
    408 "0408"
    409 "0409"
    410 "0410"
    411 "0411"
    412 "0412"
    413 "0413"
    414 "0414"
    415 "0415"
    416 "0416"
    417 "0417"
    418 "0418"
    419 "0419"
    420 "0420"
    421 "0421"
    422 "0422"
    423 "0423"
    424 "0424"
    425 "0425"
    426 "0426"
    427 "0427"
    428 "0428"
    429 "0429"
    501 "0501"
    502 "0502"
    503 "0503"
    504 "0504"
    505 "0505"
    506 "0506"
    507 "0507"
    508 "0508"
    511 "0511"
    512 "0512"
    513 "0513"
    514 "0514"
    515 "0515"
    516 "0516"
    517 "0517"
    518 "0518"
    520 "0520"
    521 "0521"
    522 "0522"
    523 "0523"
    524 "0524"
    525 "0525"
    526 "0526"
    527 "0527"
    528 "0528"
    529 "0529"
    530 "0530"
    531 "0531"
    541 "0541"
    542 "0542"
    543 "0543"
    544 "0544"
    545 "0545"
    546 "0546"
    547 "0547"
    548 "0548"
    549 "0549"
    601 "0601"
    602 "0602"
    603 "0603"
    604 "0604"
    611 "0611"
    612 "0612"
    613 "0613"
    614 "0614"
    615 "0615"
    621 "0621"
    622 "0622"
    623 "0623"
    624 "0624"
    625 "0625"
    631 "0631"
    632 "0632"
    633 "0633"
    634 "0634"
    641 "0641"
    642 "0642"
    643 "0643"
    651 "0651"
    652 "0652"
    701 "0701"
    702 "0702"
    703 "0703"
    704 "0704"
    711 "0711"
    721 "0721"
    722 "0722"
    724 "0724"
    725 "0725"
    726 "0726"
    727 "0727"
    728 "0728"
    731 "0731"
    732 "0732"
    801 "0801"
    802 "0802"
    803 "0803"
    804 "0804"
    805 "0805"
    806 "0806"
    807 "0807"
    811 "0811"
    812 "0812"
    813 "0813"
    814 "0814"
    815 "0815"
    816 "0816"
    817 "0817"
    818 "0818"
    819 "0819"
    820 "0820"
    821 "0821"
    822 "0822"
    823 "0823"
    824 "0824"
    825 "0825"
    831 "0831"
    832 "0832"
    833 "0833"
    834 "0834"
    835 "0835"
    836 "0836"
    837 "0837"
    838 "0838"
    841 "0841"
    842 "0842"
    901 "0901"
    902 "0902"
    903 "0903"
    904 "0904"
    905 "0905"
    906 "0906"
    907 "0907"
    908 "0908"
    909 "0909"
    910 "0910"
    911 "0911"
    912 "0912"
    913 "0913"
    921 "0921"
    922 "0922"
    923 "0923"
    924 "0924"
    925 "0925"
    926 "0926"
    927 "0927"
    928 "0928"
    929 "0929"
    930 "0930"
    931 "0931"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn each_code_has_a_page_and_each_page_a_code() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("codes");
        let entries = fs::read_dir(directory).expect("the pages");
        let files: BTreeSet<String> = entries
            .map(|it| {
                it.expect("a page")
                    .file_name()
                    .into_string()
                    .expect("a name")
            })
            .collect();
        let codes: BTreeSet<String> = codes::ALL.iter().map(|it| format!("{it}.md")).collect();
        assert_eq!(files, codes);
        let numbers: Vec<u16> = codes::ALL.iter().map(|it| it.number()).collect();
        let listed: Vec<u16> = PAGES.iter().map(|(number, _)| *number).collect();
        assert_eq!(
            listed, numbers,
            "a page that is not listed here, or not at its place"
        );
    }

    #[test]
    fn each_page_has_its_code_a_cause_an_example_and_a_cure() {
        for page in Page::all() {
            let code = page.code();
            let head = format!("# {code}: {}\n\n`{}`\n\n", page.title(), code.name());
            assert!(page.text.starts_with(&head), "{code}: it begins otherwise");
            let (cause, rest) = page.text[head.len()..]
                .split_once("\n## Example\n\n")
                .unwrap_or_else(|| panic!("{code}: no example"));
            let (example, cure) = rest
                .split_once("\n## Cure\n\n")
                .unwrap_or_else(|| panic!("{code}: no cure"));
            for (part, text) in [("cause", cause), ("example", example), ("cure", cure)] {
                assert!(text.trim().len() > 10, "{code}: the {part} says nothing");
            }
            assert!(!page.text().contains("<!--"), "{code}");
        }
    }
}
