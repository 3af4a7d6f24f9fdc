use super::*;

fn formatted(text: &str) -> String {
    let format =
        |text: &[u8]| format(Path::new("x.conf"), text).map_err(|refused| refused.diagnostics);
    let once = format(text.as_bytes()).unwrap();
    assert_eq!(format(&once).unwrap(), once, "formatting again changes something");
    String::from_utf8(once).unwrap()
}

fn refused(text: &str) -> Vec<Code> {
    let outcome = format(Path::new("x.conf"), text.as_bytes()).unwrap_err();
    assert!(outcome.model.is_none());
    outcome.diagnostics.iter().map(|found| found.code).collect()
}

#[test]
fn each_statement_has_its_line_and_each_block_its_indentation() {
    let text = "vrrp_instance  A\n{\nstate\tBACKUP;x\n  virtual_ipaddress { 10.0.0.1/24\n\n\n10.0.0.2/24 }\n\n}\nvrrp_instance B { }\n\n\n";
    let expected = "\
vrrp_instance A {
    state BACKUP;x
    virtual_ipaddress {
        10.0.0.1/24

        10.0.0.2/24
    }
}

vrrp_instance B {
}
";
    assert_eq!(formatted(text), expected);
}

#[test]
fn comments_stay_with_what_they_are_about() {
    let text = "# head\n! old\n\n\nvrrp_instance A # name\n# about\n\n{ # brace\n  # inside\n state BACKUP   # s\n priority 100 !p\n auth_pass a#b\n # end\n} # done\n";
    let expected = "\
# head
! old

# about
# name
vrrp_instance A { # brace
    # inside
    state BACKUP # s
    priority 100 !p
    auth_pass a#b
    # end
} # done
";
    assert_eq!(formatted(text), expected);
}

#[test]
fn quotes_and_escapes_are_not_touched() {
    let text = "vrrp_script s {\n script   \"/bin/a   b\"   'c   {'   d\\ \\ e  \n}\nglobal_defs {\n x   \"a  # b\"   \\#c\n}\n";
    let result = formatted(text);
    assert!(result.contains("    script \"/bin/a   b\" 'c   {' d\\ \\ e\n"), "{result}");
    assert!(result.contains("    x \"a  # b\" \\#c\n"), "{result}");
}

#[test]
fn what_expansion_works_on_is_kept_as_it_is_written() {
    let text = "\
  $X=a   b
$BODY=vrrp_instance VI_$N  {   \\
         priority   1  \\
  }
~SEQ(N,  1,  3)   $BODY
include   conf.d/{a,b}.conf
@main   vrrp_instance  A   {
@backup vrrp_instance  B   {
   @main  priority   150
priority   100
}
";
    let expected = "\
$X=a   b
$BODY=vrrp_instance VI_$N  {   \\
         priority   1  \\
  }
~SEQ(N,  1,  3)   $BODY
include   conf.d/{a,b}.conf
@main   vrrp_instance  A   {
@backup vrrp_instance  B   {
    @main  priority   150
    priority 100
}
";
    assert_eq!(formatted(text), expected);
}

#[test]
fn what_stands_behind_a_brace_is_left_to_expansion_too() {
    let text = "vrrp_instance A {   include x/{a,b}.conf\npriority   1\n}\n";
    let expected = "vrrp_instance A {   include x/{a,b}.conf\n    priority 1\n}\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn definitions_that_open_and_close_blocks_count_where_they_are_used() {
    let text = "$START=vrrp_instance A {\n$END=}\n$START\npriority 1\n$END\nglobal_defs {\n}\n";
    let expected =
        "$START=vrrp_instance A {\n$END=}\n$START\n    priority 1\n$END\nglobal_defs {\n}\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn broken_braces_and_quotes_are_refused_with_their_diagnostic() {
    assert_eq!(refused("vrrp_instance A {\n"), [Code::NotClosed]);
    assert_eq!(refused("vrrp_instance A {\n}\n}\n"), [Code::SurplusBrace]);
    assert_eq!(refused("{\n}\n"), [Code::BraceWithoutBlock]);
    assert_eq!(refused("router_id \"a\nb c\n"), [Code::QuoteNotClosed]);
    assert_eq!(refused("$A=x {\n$A\n"), [Code::NotClosed]);
}

#[test]
fn bytes_that_are_not_utf_8_are_kept() {
    let bytes = b"router_id   caf\xe9 \xc3\xa9 # \xff\n";
    assert_eq!(format(Path::new("x"), bytes).unwrap(), b"router_id caf\xe9 \xc3\xa9 # \xff\n");
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(encode(&decode(&all)), all);
}

#[test]
fn an_empty_text_stays_empty() {
    assert_eq!(formatted(""), "");
    assert_eq!(formatted("\n\n  \n"), "");
    assert_eq!(formatted("# only"), "# only\n");
}
