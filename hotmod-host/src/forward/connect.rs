//! An image and its host, once they know what they have for each other.

use std::mem;

use hotmod::root::RootModuleRef;
use hotmod::root::forward::{Forwarders, Sinks};

#[cfg(feature = "log")]
use crate::forward::logs;
#[cfg(feature = "metrics")]
use crate::forward::series;
use crate::forward::source::Source;
#[cfg(feature = "tracing")]
use crate::forward::{interest, spans};

impl Source {
    /// Takes what an image forwards from now on. It is initialised, and runs nothing yet.
    pub(crate) fn connect(&'static self, root: RootModuleRef) {
        let Some(forward) = root.forward() else {
            return;
        };
        let sinks = Sinks {
            size: mem::size_of::<Sinks>(),
            source: std::ptr::from_ref(self).cast(),
            #[cfg(feature = "log")]
            logs: &logs::SINK,
            #[cfg(not(feature = "log"))]
            logs: std::ptr::null(),
            #[cfg(feature = "tracing")]
            spans: &spans::SINK,
            #[cfg(not(feature = "tracing"))]
            spans: std::ptr::null(),
            #[cfg(feature = "metrics")]
            series: &series::SINK,
            #[cfg(not(feature = "metrics"))]
            series: std::ptr::null(),
        };
        let mut forwarders = Forwarders::NONE;
        // SAFETY: the tables are static, and take the address of a source that is kept for ever.
        unsafe { forward(&sinks, &mut forwarders) };
        self.connected(forwarders);
        #[cfg(feature = "log")]
        if let Some(follow) = forwarders.follow_level {
            logs::add(follow);
        }
        #[cfg(feature = "tracing")]
        if let Some(follow) = forwarders.follow_interest {
            interest::add(follow);
        }
        self.tell_of_untaken();
    }

    /// Says what would be forwarded, but that the host was built without.
    fn tell_of_untaken(&self) {
        #[cfg(feature = "tracing")]
        for feature in self.forwarding().untaken {
            tracing::warn!(
                module = self.module(),
                version = self.version(),
                "the module forwards what it gives to `{feature}`, but this host was built without the \
                 feature `{feature}` of hotmod-host: it is lost"
            );
        }
    }
}
