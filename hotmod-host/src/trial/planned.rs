//! What a trial of a file would come to, from the files alone.

use std::path::Path;

use hotmod::describe::Verdict;
use hotmod_file::Refusal;

use super::trial::{no_way_back, same_file};
use crate::module::loaded::Loaded;
use crate::module::module::Module;
use crate::update::planned::{UpdatePlan, WhileFrozen, planned};

impl<I: ?Sized> Module<I> {
    /// What a canary of this file would do to the instances that follow it: as [`Module::plan_update`], and with what an
    /// abort would lose, [`UpdatePlan::losses`]. Nothing of it runs, and nothing changes.
    ///
    /// # Errors
    ///
    /// [`Refusal`], as for the canary, as far as files alone can say: as for an update, and if the file is the one that
    /// runs, or no way leads back.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let host = hotmod_host::Host::builder().build()?;
    /// let game = host.load_untyped("libgame.so")?;
    /// for lost in game.plan_canary("libgame.so.next")?.losses {
    ///     println!("an abort would lose {}", lost.path);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn plan_canary(&self, file: impl AsRef<Path>) -> Result<UpdatePlan, Refusal> {
        let loaded = self.loaded();
        plan_canary(loaded, file.as_ref())
            .map_err(|refusal| refusal.keeps(&loaded.current().version))
    }

    /// What an update to this file would do that [`Module::rehearse`] tries out: as [`Module::plan_update`], and also
    /// while the module is [frozen](Module::freeze), since a rehearsal changes nothing.
    ///
    /// # Errors
    ///
    /// [`Refusal`], as for the rehearsal, as far as files alone can say.
    pub fn plan_rehearsal(&self, file: impl AsRef<Path>) -> Result<UpdatePlan, Refusal> {
        let loaded = self.loaded();
        plan_rehearsal(loaded, file.as_ref())
            .map_err(|refusal| refusal.keeps(&loaded.current().version))
    }
}

fn plan_canary(loaded: &Loaded, file: &Path) -> Result<UpdatePlan, Refusal> {
    let _turn = loaded.turn(file)?;
    let (plan, back) = planned(loaded, file, WhileFrozen::Refused)?;
    if plan.is_unchanged {
        return Err(same_file(file, loaded.current()));
    }
    if back.verdict() == Verdict::Refuse {
        let build = plan.candidate.build();
        let of = (&*build.module, &*build.version);
        return Err(no_way_back(file, of, back.differences));
    }
    Ok(plan)
}

fn plan_rehearsal(loaded: &Loaded, file: &Path) -> Result<UpdatePlan, Refusal> {
    let _turn = loaded.turn(file)?;
    let (plan, _) = planned(loaded, file, WhileFrozen::Allowed)?;
    Ok(plan)
}
