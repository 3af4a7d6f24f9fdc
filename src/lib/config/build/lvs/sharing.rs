//! Virtual servers to pools, one after the other, or very many by two hands: no virtual server
//! depends on another one, except in what is looked at when all of them are there. Whether the two
//! hands work at the same time is not decided here, and nothing that is found depends on it.

use super::super::Context;
use super::group::Groups;
use super::{Surroundings, service};
use crate::config::resolve::{Entry, Resolver};
use crate::config::source::Span;
use crate::engine::pool::PoolConfig;

/// Statements that one hand builds sooner than another one could start.
const FEW: usize = 5_000;

/// Pools, and where each stands.
type Pools = (Vec<PoolConfig>, Vec<Span>);

/// The pools of all `servers` that can be.
pub(super) fn pools(
    servers: &[&Entry<'_>],
    groups: &Groups<'_>,
    mut around: Surroundings<'_>,
    context: &mut Context<'_>,
) -> Pools {
    let total: usize = servers.iter().map(|server| server.statements()).sum();
    if total <= FEW {
        return one_by_one(servers, groups, &mut around, context);
    }
    let (front, back) = halves(servers, total);
    let mut resolver = Resolver::default();
    let mut second = Context::new(context.loader, &mut resolver);
    second.defaults = context.defaults.clone();
    let (mut pools, mut others) = (Pools::default(), Pools::default());
    let (mut own, loader) = (around.clone(), context.loader);
    let mut one = || pools = one_by_one(front, groups, &mut own, context);
    let mut other = || others = one_by_one(back, groups, &mut around, &mut second);
    loader.both(&mut one, &mut other);
    context.resolver.join(resolver);
    pools.0.append(&mut others.0);
    pools.1.append(&mut others.1);
    pools
}

/// The pools of some `servers`; `around` is this hand's own.
fn one_by_one(
    servers: &[&Entry<'_>],
    groups: &Groups<'_>,
    around: &mut Surroundings<'_>,
    context: &mut Context<'_>,
) -> Pools {
    let mut pools = Pools::default();
    for server in servers {
        let server = context.resolver.open(server);
        if let Some(pool) = service::build(&server, groups, around, context) {
            pools.0.push(pool);
            pools.1.push(server.value_span());
        }
    }
    pools
}

/// `servers`, which have `total` statements, in two parts with about as many.
fn halves<'s, 'a>(
    servers: &'s [&'a Entry<'a>],
    total: usize,
) -> (&'s [&'a Entry<'a>], &'s [&'a Entry<'a>]) {
    let mut before = 0;
    let middle = servers.iter().position(|server| {
        before += server.statements();
        2 * before >= total
    });
    servers.split_at(middle.map_or(servers.len(), |last| last + 1))
}
