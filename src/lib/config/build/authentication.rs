//! `authentication`: what version 2 carries, and why `auth_hmac` is refused.

use super::Context;
use super::settings::Settings;
use crate::config::diagnostic::Code;
use crate::config::resolve::Entry;
use crate::config::values::{self, Parsed};
use crate::engine::vrrp::Family;
use crate::wire::vrrp::{Auth, Version};

/// Bytes of a password on the wire (RFC 2338 section 5.3.6).
const LONGEST: usize = 8;

/// The authentication of an instance.
pub(super) fn build(
    settings: &Settings<'_>,
    (version, family): (Version, Family),
    strict: bool,
    context: &mut Context<'_>,
) -> Auth {
    let Some(block) = settings.all("authentication").last() else { return Auth::None };
    let inner = Settings::new(block);
    let span = block.span();
    let (kind, pass) = (inner.text("auth_type"), inner.get("auth_pass"));
    let (Some(kind), Some(pass)) = (kind, pass) else {
        let message = "authentication needs both auth_type and auth_pass";
        context.warn(Code::Conflict, span, message, "it is ignored: adverts carry none");
        return Auth::None;
    };
    if strict {
        let message = "vrrp_strict allows no authentication";
        context.warn(Code::Strict, span, message, "it is dropped: adverts carry none");
        return Auth::None;
    }
    if version == Version::V3 {
        let message = "VRRP version 3 has no authentication";
        context.warn(Code::Conflict, span, message, "it is dropped; remove the block");
        return Auth::None;
    }
    if kind == "AH" {
        if family == Family::Ipv6 {
            let message = "auth_type AH is for IPv4 only";
            context.warn(Code::Conflict, span, message, "it is dropped; remove the block");
            return Auth::None;
        }
        return Auth::Ah(password(pass, context));
    }
    Auth::Pass(password(pass, context))
}

/// The first eight bytes, zero padded.
fn password(pass: &Entry<'_>, context: &mut Context<'_>) -> [u8; LONGEST] {
    if pass.text().contains(char::REPLACEMENT_CHARACTER) {
        context.warn(
            Code::InvalidRouter,
            pass.value_span(),
            "auth_pass holds bytes that are not UTF-8: peers would compare others than are sent",
            "use letters and digits on all routers, or save the file as UTF-8",
        );
    }
    let bytes = pass.text().as_bytes();
    if bytes.len() > LONGEST {
        let message = format!("auth_pass has {} bytes; {LONGEST} are used", bytes.len());
        let remedy = "the rest is cut off, here and in keepalived";
        context.warn(Code::Adjusted, pass.value_span(), message, remedy);
    }
    let mut padded = [0; LONGEST];
    for (to, from) in padded.iter_mut().zip(bytes) {
        *to = *from;
    }
    padded
}

/// `auth_hmac` changes what peers accept; running without it would make two masters.
pub(super) fn refuse_hmac(settings: &Settings<'_>, family: Family, context: &mut Context<'_>) {
    let Some(block) = settings.get("auth_hmac") else { return };
    for id in Settings::new(block).all("key").filter_map(|key| key.arguments().first()) {
        if let Parsed::Bad(why) = values::number(id.text, 1, 255) {
            context.warn(Code::InvalidValue, id.span, format!("the id of `key` {why}"), "");
        }
    }
    let family = if family == Family::Ipv4 { "IPv4" } else { "IPv6" };
    context.warn(
        Code::InvalidRouter,
        block.span(),
        format!("auth_hmac is not supported: {family} peers that enforce it would not hear us"),
        "remove it on all routers of this VRID",
    );
}
