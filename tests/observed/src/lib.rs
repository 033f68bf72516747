//! Tests of what modules log, trace and count, with the loggers, subscribers and recorders that servers use: a
//! package of its own, since these bring much along.
