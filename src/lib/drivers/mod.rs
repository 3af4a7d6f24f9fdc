//! One loop for each job, joining a machine of `engine` to its `io`. Drivers do not know each
//! other and never parse a command line.
