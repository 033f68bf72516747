//! Tests of what modules log, trace and count, and of what their state looks like, with the loggers, subscribers,
//! recorders and validators that servers use: a package of its own, since these bring much along.
