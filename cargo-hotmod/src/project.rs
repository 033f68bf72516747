//! What cargo says of the workspace: its modules, its server, and which sources each of them is built from.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;
use hotmod::printed::{Line, Lines};
use serde::Deserialize;

use crate::output::Failure;

/// Which workspace, and where what is built lies.
#[derive(Args)]
pub(crate) struct OfProject {
    /// The Cargo.toml of the workspace; without, the one that cargo finds from here
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,

    /// Where to build; without, in `hotmod` of the workspace's target directory, so that other cargos and editors do not
    /// wait
    #[arg(long, value_name = "DIRECTORY")]
    target_dir: Option<PathBuf>,

    /// The server's module directory; without, `modules` of `workspace.metadata.hotmod`
    #[arg(long, value_name = "DIRECTORY")]
    modules: Option<PathBuf>,

    #[command(flatten)]
    socket: OfSocket,
}

/// Where the server is operated.
#[derive(Args)]
pub(crate) struct OfSocket {
    /// The socket of the server's admin; without, `socket` of `workspace.metadata.hotmod`
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
}

/// A workspace.
pub(crate) struct Project {
    pub(crate) root: PathBuf,
    /// Where is built.
    pub(crate) target: PathBuf,
    /// The server's module directory.
    pub(crate) modules: PathBuf,
    /// The socket of its admin.
    pub(crate) socket: PathBuf,
    /// Where the server hands over to the next one, if it does.
    pub(crate) handoff: Option<PathBuf>,
    /// The package of the server, if the workspace names one.
    pub(crate) server: Option<String>,
    packages: BTreeMap<String, Package>,
    members: BTreeSet<String>,
    needs: BTreeMap<String, Vec<String>>,
    /// Whether something of it links modules into an executable.
    links_modules: bool,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
    resolve: Resolve,
    metadata: Option<WorkspaceMetadata>,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `None` where it is in a directory of this machine.
    source: Option<String>,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Need>,
    #[serde(default)]
    features: Vec<String>,
}

/// A package that another one depends on.
#[derive(Deserialize)]
struct Need {
    pkg: String,
    dep_kinds: Vec<NeedKind>,
}

#[derive(Deserialize)]
struct NeedKind {
    kind: Option<String>,
}

impl Need {
    /// Whether nothing but tests, examples and benchmarks need it, which are not built here.
    fn is_of_tests(&self) -> bool {
        let is_dev = |it: &NeedKind| it.kind.as_deref() == Some("dev");
        self.dep_kinds.iter().all(is_dev)
    }
}

#[derive(Deserialize, Default)]
struct WorkspaceMetadata {
    #[serde(default)]
    hotmod: Settings,
}

/// `[workspace.metadata.hotmod]`.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Settings {
    modules: Option<PathBuf>,
    socket: Option<PathBuf>,
    /// The path that the server offers a handoff at.
    handoff: Option<PathBuf>,
    /// The package of the server.
    server: Option<String>,
}

/// The program that builds.
pub(crate) fn cargo() -> Command {
    // Set where cargo runs this.
    Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

/// What a workspace consists of, by its manifests alone.
pub(crate) struct Members {
    pub(crate) root: PathBuf,
    pub(crate) packages: BTreeSet<String>,
}

impl Members {
    /// Those of the workspace that a directory is of. What cargo says against it is the reason.
    pub(crate) fn read(directory: &Path) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Named {
            packages: Vec<Name>,
            workspace_root: PathBuf,
        }
        #[derive(Deserialize)]
        struct Name {
            name: String,
        }
        let mut command = cargo();
        command.args(["metadata", "--no-deps", "--format-version", "1"]);
        let output = command.current_dir(directory).output();
        let output = output.map_err(|error| format!("cargo cannot be run: {error}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.trim().trim_start_matches("error: ");
            return Err(format!("cargo says: {}", Lines(said)));
        }
        let named: Named =
            serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
        Ok(Members {
            root: named.workspace_root,
            packages: named.packages.into_iter().map(|it| it.name).collect(),
        })
    }
}

impl OfProject {
    pub(crate) fn read(&self) -> Result<Project, Failure> {
        let mut project = Project::read(self.manifest_path.as_deref())?;
        if let Some(target) = &self.target_dir {
            project.target = absolute(target)?;
        }
        if let Some(modules) = &self.modules {
            project.modules = absolute(modules)?;
        }
        if let Some(socket) = &self.socket.socket {
            project.socket = absolute(socket)?;
        }
        Ok(project)
    }
}

impl OfSocket {
    /// Where it is.
    pub(crate) fn find(&self) -> Result<PathBuf, Failure> {
        match &self.socket {
            Some(socket) => absolute(socket),
            None => Ok(Project::told(
                None,
                "go to the server's workspace, or name the socket of its admin by `--socket`",
            )?
            .socket),
        }
    }
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    Ok(std::path::absolute(path)?)
}

fn built_from(needs: Vec<Need>) -> Vec<String> {
    let needs = needs.into_iter().filter(|it| !it.is_of_tests());
    needs.map(|it| it.pkg).collect()
}

impl Project {
    pub(crate) fn read(manifest: Option<&Path>) -> Result<Self, Failure> {
        Project::told(
            manifest,
            "go to a directory of one, name its `--manifest-path`, or make one by `cargo hotmod new`",
        )
    }

    /// As [`read`](Project::read), with what to do where there is none.
    fn told(manifest: Option<&Path>, help: &str) -> Result<Self, Failure> {
        let mut command = cargo();
        command.args(["metadata", "--format-version", "1"]);
        if let Some(manifest) = manifest {
            command.arg("--manifest-path").arg(manifest);
        }
        let unread = |reason: String| {
            Failure::undone(format!("the workspace cannot be read: {reason}"), help)
        };
        let output = command.stderr(Stdio::inherit()).output();
        let output = output.map_err(|error| unread(format!("cargo cannot be run: {error}")))?;
        if !output.status.success() {
            return Err(unread(format!(
                "`cargo metadata` ended with {}",
                output.status
            )));
        }
        let metadata: Metadata =
            serde_json::from_slice(&output.stdout).map_err(|error| unread(error.to_string()))?;
        let settings = metadata.metadata.unwrap_or_default().hotmod;
        let root = metadata.workspace_root;
        let packages = metadata.packages.into_iter();
        let packages: BTreeMap<_, _> = packages.map(|it| (it.id.clone(), it)).collect();
        let links_modules = metadata.resolve.nodes.iter().any(|it| {
            let is_hotmod = packages.get(&it.id).is_some_and(|it| it.name == "hotmod");
            is_hotmod && it.features.iter().any(|it| it == "linked")
        });
        let needs = metadata.resolve.nodes.into_iter();
        Ok(Project {
            target: metadata.target_directory.join("hotmod"),
            modules: root.join(settings.modules.unwrap_or_else(|| "modules".into())),
            socket: root.join(settings.socket.unwrap_or_else(|| "admin.sock".into())),
            handoff: settings.handoff.map(|it| root.join(it)),
            server: settings.server,
            packages,
            members: metadata.workspace_members,
            needs: needs.map(|it| (it.id, built_from(it.deps))).collect(),
            links_modules,
            root,
        })
    }

    /// The packages of modules: of these names, or all of the workspace that are a `cdylib` and use hotmod.
    pub(crate) fn module_packages(&self, names: &[String]) -> Result<Vec<&Package>, Failure> {
        if names.is_empty() {
            let members = self.members.iter().filter_map(|id| self.packages.get(id));
            let modules: Vec<_> = members
                .filter(|it| it.is_module() && self.uses_hotmod(it))
                .collect();
            return match modules.is_empty() {
                false => Ok(modules),
                true => Err(Failure::undone(
                    format!("{} has no module", Line(self.root.display())),
                    "a module is a crate with `crate-type = [\"cdylib\"]` that depends on `hotmod`; \
                     `cargo hotmod init` adds one",
                )),
            };
        }
        names.iter().map(|name| self.package(name)).collect()
    }

    /// The member of this name.
    pub(crate) fn package(&self, name: &str) -> Result<&Package, Failure> {
        let mut members = self.members.iter().filter_map(|id| self.packages.get(id));
        members.find(|it| it.name == name).ok_or_else(|| {
            Failure::undone(
                format!("the workspace has no package `{}`", Line(name)),
                "`cargo metadata --no-deps` lists those that it has",
            )
        })
    }

    /// Which of the workspace's server and modules can be selected beside a package, of which the program or the library is
    /// built: those of which that builds nothing. None where modules are linked.
    pub(crate) fn sharing(&self, package: &Package, is_program: bool) -> Vec<&Package> {
        // A module that is loaded has not the features of one that is linked.
        if self.links_modules {
            return Vec::new();
        }
        let members = self.members.iter().filter_map(|id| self.packages.get(id));
        members
            .filter(|it| it.id != package.id && !it.has_built(is_program))
            .filter(|it| {
                let is_server = self.server.as_ref() == Some(&it.name);
                is_server || (it.is_module() && self.uses_hotmod(it))
            })
            .collect()
    }

    fn uses_hotmod(&self, package: &Package) -> bool {
        let needs = self.needs.get(&package.id).into_iter().flatten();
        let mut needs = needs.filter_map(|id| self.packages.get(id));
        needs.any(|it| it.name == "hotmod")
    }

    /// The directories of the packages on this machine that these are built from.
    pub(crate) fn sources<'p>(
        &self,
        of: impl IntoIterator<Item = &'p Package>,
    ) -> BTreeSet<PathBuf> {
        let its = self
            .reached(of)
            .into_iter()
            .filter(|it| it.source.is_none());
        its.filter_map(|it| it.manifest_path.parent())
            .map(Path::to_owned)
            .collect()
    }

    /// The names of all packages that one is built from.
    pub(crate) fn needs(&self, package: &Package) -> BTreeSet<&str> {
        self.reached([package])
            .into_iter()
            .map(|it| it.name.as_str())
            .collect()
    }

    /// The packages that these are built from, and these.
    fn reached<'p>(&self, of: impl IntoIterator<Item = &'p Package>) -> Vec<&Package> {
        let mut open: Vec<&str> = of.into_iter().map(|it| it.id.as_str()).collect();
        let mut seen = BTreeSet::new();
        let mut reached = Vec::new();
        while let Some(id) = open.pop() {
            let Some((id, package)) = self.packages.get_key_value(id) else {
                continue;
            };
            if seen.insert(id) {
                open.extend(self.needs.get(id).into_iter().flatten().map(String::as_str));
                reached.push(package);
            }
        }
        reached
    }
}

impl Package {
    fn is_module(&self) -> bool {
        let mut kinds = self.targets.iter().flat_map(|it| &it.kind);
        kinds.any(|kind| kind == "cdylib")
    }

    /// Whether a build of programs, or of libraries, builds something of it.
    fn has_built(&self, programs: bool) -> bool {
        let mut kinds = self.targets.iter().flat_map(|it| &it.kind);
        match programs {
            true => kinds.any(|kind| kind == "bin"),
            false => kinds.any(|kind| kind.ends_with("lib") || kind == "proc-macro"),
        }
    }

    pub(crate) fn manifest(&self) -> &Path {
        &self.manifest_path
    }
}
