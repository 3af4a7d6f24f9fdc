//! Mail, pipes, SNMP and D-Bus of `global_defs`.

use std::time::Duration;

use super::settings::Settings;
use super::{Context, fifo};
use crate::config::Globals;
use crate::config::diagnostic::Code;
use crate::config::model::{Dbus, MailServer};
use crate::config::resolve::Entry;
use crate::config::tree::WordList;
use crate::config::values::{self, Parsed};

/// SMTP.
const MAIL_PORT: u16 = 25;
/// keepalived's name on the bus.
const BUS_NAME: &str = "org.keepalived.Vrrp1";

/// Take what one `global_defs` block says.
pub(super) fn take(settings: &Settings<'_>, globals: &mut Globals, context: &mut Context<'_>) {
    mail(settings, globals, context);
    snmp(settings, globals, context);
    dbus(settings, globals, context);
    let fifos = &mut globals.fifos;
    fifos.states_on_reload |= settings.has("fifo_write_vrrp_states_on_reload");
    fifos.all = fifo::build(settings, "notify_fifo", context).or(fifos.all.take());
    fifos.vrrp = fifo::build(settings, "vrrp_notify_fifo", context).or(fifos.vrrp.take());
    let defaults = &mut context.defaults;
    let on = |keyword: &str, before: Option<bool>| settings.switch(keyword).or(before);
    defaults.alert = on("smtp_alert", defaults.alert);
    defaults.alert_vrrp = on("smtp_alert_vrrp", defaults.alert_vrrp);
    defaults.priority_changes =
        settings.switch("vrrp_notify_priority_changes").unwrap_or(defaults.priority_changes);
    let checker = on("smtp_alert_checker", globals.mail.checker_alerts);
    globals.mail.checker_alerts = checker.or(defaults.alert);
}

fn mail(settings: &Settings<'_>, globals: &mut Globals, context: &mut Context<'_>) {
    let mail = &mut globals.mail;
    let text = |keyword: &str| settings.text(keyword).map(str::to_owned);
    mail.from = text("notification_email_from").or(mail.from.take());
    mail.helo_name = text("smtp_helo_name").or(mail.helo_name.take());
    mail.no_faults |= settings.has("no_email_faults");
    mail.changes_only |= settings.has("no_checker_emails");
    for list in settings.all("notification_email") {
        mail.recipients.extend(list.list_words().map(|word| word.text.to_owned()));
        if list.lines().next().is_none() {
            let message = "notification_email names nobody";
            let remedy = "no mail is sent; name who gets it";
            context.warn(Code::EmptyList, list.span(), message, remedy);
        }
    }
    if let Some(timeout) = settings.time("smtp_connect_timeout") {
        mail.connect_timeout = timeout.max(Duration::from_secs(1));
        if timeout < Duration::from_secs(1) {
            let span = settings.span("smtp_connect_timeout", crate::config::Span::default());
            let message = "`smtp_connect_timeout` becomes 1 s";
            context.warn(Code::Adjusted, span, message, "it is at least one second");
        }
    }
    let server = settings.get("smtp_server").map(Entry::arguments);
    if let Some((host, rest)) = server.and_then(WordList::split_first) {
        let port =
            rest.first().map_or(Ok(MAIL_PORT), |port| match values::number(port.text, 1, 65_535) {
                Parsed::Good(number) => Ok(u16::try_from(number).unwrap_or(MAIL_PORT)),
                Parsed::Adjusted(_, why) | Parsed::Bad(why) => Err((port.span, why)),
            });
        match port {
            Ok(port) => mail.server = Some(MailServer { host: host.text.to_owned(), port }),
            Err((span, why)) => {
                let message = format!("`smtp_server`: {why}");
                context.warn(Code::InvalidValue, span, message, "no mail is sent");
            }
        }
    }
}

fn snmp(settings: &Settings<'_>, globals: &mut Globals, context: &mut Context<'_>) {
    let snmp = &mut globals.snmp;
    let socket = settings.get("snmp_socket").map(Entry::arguments).and_then(WordList::split_first);
    if let Some(extra) = socket.and_then(|(_, rest)| rest.first()) {
        let message = "`snmp_socket` takes one address";
        context.warn(Code::ExtraArguments, extra.span, message, "the keyword is ignored");
    } else if let Some((socket, _)) = socket {
        snmp.socket = Some(socket.text.to_owned());
    }
    let rfc = settings.has("enable_snmp_rfc");
    snmp.traps |= settings.has("enable_traps");
    snmp.vrrp |= settings.has("enable_snmp_vrrp") || settings.has("enable_snmp_keepalived");
    snmp.checker |= settings.has("enable_snmp_checker");
    snmp.rfc_v2 |= rfc || settings.has("enable_snmp_rfcv2");
    snmp.rfc_v3 |= rfc || settings.has("enable_snmp_rfcv3");
}

fn dbus(settings: &Settings<'_>, globals: &mut Globals, context: &mut Context<'_>) {
    if settings.has("enable_dbus") && globals.dbus.is_none() {
        globals.dbus =
            Some(Dbus { service_name: BUS_NAME.to_owned(), no_interface_name: "none".to_owned() });
    }
    let service = settings.get("dbus_service_name").filter(|entry| is_bus_name(entry, context));
    if let Some(dbus) = &mut globals.dbus {
        if let Some(entry) = service {
            entry.text().clone_into(&mut dbus.service_name);
        }
        if let Some(name) = settings.text("dbus_no_interface_name") {
            name.clone_into(&mut dbus.no_interface_name);
        }
    }
}

/// Whether the message bus could know somebody by that name: two parts or more, with dots between.
fn is_bus_name(entry: &Entry<'_>, context: &mut Context<'_>) -> bool {
    let name = entry.text();
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let is_part = |part: &str| {
        part.chars().all(is_letter) && part.starts_with(|first: char| !first.is_ascii_digit())
    };
    let good = name.contains('.') && name.len() <= 255 && name.split('.').all(is_part);
    if !good {
        let message = format!("`dbus_service_name`: `{name}` is no name on the message bus");
        let remedy = "it is ignored; write two parts or more, such as org.example.Vrrp";
        context.warn(Code::InvalidValue, entry.value_span(), message, remedy);
    }
    good
}
