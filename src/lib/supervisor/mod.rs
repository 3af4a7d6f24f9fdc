//! Composes processes, not objects: plan, start, watch, route, reload, answer status.
