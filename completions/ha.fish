# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ha_global_optspecs
    string join \n json log= h/help V/version
end

function __fish_ha_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_ha_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_ha_using_subcommand
    set -l cmd (__fish_ha_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c ha -n "__fish_ha_needs_command" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_needs_command" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_needs_command" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_needs_command" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_needs_command" -f -a "run" -d 'Run everything that a configuration asks for: the daemon'
complete -c ha -n "__fish_ha_needs_command" -f -a "vrrp" -d 'Virtual routers alone (RFC 9568, RFC 3768)'
complete -c ha -n "__fish_ha_needs_command" -f -a "check" -d 'Probe one thing: exit 0 healthy, 1 not'
complete -c ha -n "__fish_ha_needs_command" -f -a "announce" -d 'Send gratuitous ARP or unsolicited neighbour advertisements'
complete -c ha -n "__fish_ha_needs_command" -f -a "addr" -d 'Add or remove a virtual address'
complete -c ha -n "__fish_ha_needs_command" -f -a "notify" -d 'Run notification scripts for events'
complete -c ha -n "__fish_ha_needs_command" -f -a "ipvs" -d 'The kernel\'s load balancer as data: show, diff, apply'
complete -c ha -n "__fish_ha_needs_command" -f -a "config" -d 'The configuration language: check, show, keywords'
complete -c ha -n "__fish_ha_needs_command" -f -a "status" -d 'State, reasons and counters of a running supervisor'
complete -c ha -n "__fish_ha_needs_command" -f -a "ctl" -d 'Steer a running supervisor'
complete -c ha -n "__fish_ha_needs_command" -f -a "sniff" -d 'Decode VRRP live or from a capture, with a verdict for each packet'
complete -c ha -n "__fish_ha_needs_command" -f -a "lab" -d 'Try a configuration on this machine: namespaces, real traffic, real faults'
complete -c ha -n "__fish_ha_needs_command" -f -a "sim" -d 'Replay simulated networks of virtual routers'
complete -c ha -n "__fish_ha_needs_command" -f -a "completions" -d 'Write shell completions to stdout'
complete -c ha -n "__fish_ha_needs_command" -f -a "man" -d 'Write man pages into a directory'
complete -c ha -n "__fish_ha_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand run" -s f -l file -d 'The configuration: an unchanged keepalived.conf' -r -F
complete -c ha -n "__fish_ha_using_subcommand run" -s i -l config-id -d 'What `@ID` lines of the configuration are compared with [default: the host name up to its first dot]' -r
complete -c ha -n "__fish_ha_using_subcommand run" -l state-dir -d 'Where the control socket, the pid file and the lease are kept. One supervisor at a time may use it; `ha status` and `ha ctl` take the same option' -r -F
complete -c ha -n "__fish_ha_using_subcommand run" -l child-program -d 'Binary of the child processes; this one unless given' -r -F
complete -c ha -n "__fish_ha_using_subcommand run" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand run" -l explain -d 'Print the processes and pipes that this would start, as a shell script, and start nothing'
complete -c ha -n "__fish_ha_using_subcommand run" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand run" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand run" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand vrrp; and not __fish_seen_subcommand_from run help" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and not __fish_seen_subcommand_from run help" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand vrrp; and not __fish_seen_subcommand_from run help" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand vrrp; and not __fish_seen_subcommand_from run help" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand vrrp; and not __fish_seen_subcommand_from run help" -f -a "run" -d 'Run virtual routers in the foreground: one from flags, or all of a plan'
complete -c ha -n "__fish_ha_using_subcommand vrrp; and not __fish_seen_subcommand_from run help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l plan -d 'Read a plan (JSON) as the first line of stdin, control lines after it; `-` is stdin' -r -f -a "-\t''"
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l state-dir -d 'Keep the time of the last advert in this directory, so that the next process can carry on when this one crashes' -r -F
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l record -d 'Write down everything that decides, for `ha sim --replay`, one JSON line each. Passwords are in it: only its owner may read the file' -r -F
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -s f -l file -d 'Run all virtual routers of a configuration; SIGHUP reads it again. Its scripts are not run: that takes `ha run`' -r -F
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l config-id -d 'What `@ID` lines of the configuration are compared with [default: the host name up to its first dot]' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -s i -l interface -d 'Interface to send adverts on and to put the addresses on' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l vrid -d 'Virtual router identifier, 1 to 255; the same on every host of the virtual router' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l priority -d 'Priority, 1 to 255; the highest becomes master. 255 owns the addresses and starts as master' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l vip -d 'Virtual address that adverts name; may be repeated' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l exclude -d 'Address that moves along without being named in adverts, of either family; may be repeated' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l name -d 'Name of the instance in events [default: INTERFACE-VRID]' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l advert -d 'Advertisement interval: 1s to 255s in whole seconds in version 2, 10ms to 40.95s in steps of 10 ms in version 3' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l version -d 'Protocol version [default: 2 for IPv4 with whole seconds, else 3]' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l preempt-delay -d 'Take over from a living master of lower priority only after this long' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l auth-pass -d 'Password of version 2, 1 to 8 bytes. It is sent in clear unless it is the key of AH; on the command line other users of this host see it, in the environment they do not' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l auth-type -d 'How the password is used: sent as it is, or as the key of an Authentication Header' -r -f -a "pass\t'It stands in every advert'
ah\t'It is the key of an Authentication Header before every advert, as keepalived has it'"
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l src -d 'Source address of adverts [default: the first address of the interface]' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l peer -d 'Send adverts to this address instead of the multicast group; may be repeated' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l group -d 'Multicast group [default: `224.0.0.18` or `ff02::12`]' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l down-adverts -d 'Advertisement intervals without an advert after which a backup takes over, 1 to 100' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l garp-repeat -d 'Gratuitous ARP (or neighbour advertisement) messages for each address on becoming master, and again in the second batch' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l garp-delay -d 'Time from the first batch of announcements to the second; 0s for no second batch' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l garp-refresh -d 'Announce every address once in this interval while master; 0s for never' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l garp-interval -d 'Least time between two announcements on an interface' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l keep-addresses -d 'Leave the virtual addresses in place at the end; peers are told that this host stops'
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l nopreempt -d 'Never take over from a living master, however low its priority'
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l checksum-message-only -d 'Version 3 over IPv4: send the checksum over the message only, as RFC 9568 says. Both forms are accepted either way'
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from help" -f -a "run" -d 'Run virtual routers in the foreground: one from flags, or all of a plan'
complete -c ha -n "__fish_ha_using_subcommand vrrp; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "tcp" -d 'Does a TCP port accept connections?'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "icmp" -d 'Does a host answer an ICMP echo request (ping)?'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "http" -d 'Does a web server answer as it should?'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "https" -d 'Does a web server answer over TLS as it should?'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "tls" -d 'Does a server complete a TLS handshake?'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "dns" -d 'Does a DNS server answer a question?'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "smtp" -d 'Does a mail server greet as it should?'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "udp" -d 'Does a UDP service answer, or at least not refuse?'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "grpc" -d 'Does a gRPC server serve, by its health service?'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "redis" -d 'Does a Redis server work, and is it what it should be?'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "postgres" -d 'Does a PostgreSQL server work, and is it what it should be?'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "mysql" -d 'Does a MySQL or MariaDB server work, and is it what it should be?'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "file" -d 'Does a file say that all is well?'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "process" -d 'Do as many processes of a name run as should?'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "script" -d 'Does a command exit with status 0?'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "run" -d 'Run all checks of a configuration, or of a plan on stdin'
complete -c ha -n "__fish_ha_using_subcommand check; and not __fish_seen_subcommand_from tcp icmp http https tls dns smtp udp grpc redis postgres mysql file process script run help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -l timeout -d 'Longest wait for the connection' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -l source -d 'Source address [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -l source-port -d 'Source port [default: the one that the system chooses]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -l interface -d 'Interface to leave by [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -l fwmark -d 'Firewall mark of the packets, for rules and routes that look at it' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -l retry -d 'Failures that are forgiven before one counts; each is followed by another try' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -l retry-delay -d 'Time from a forgiven failure to the next try (`delay_before_retry`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -l warmup -d 'Begin at a random moment of this time, so that many checks do not begin together' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -l count -d 'Repeat this many times (implies --watch) and sum up at the end' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -l interval -d 'Time from one start to the next' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -l rise -d 'Good results in a row that it takes to come up again; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -l fall -d 'Bad results in a row that it takes to go down; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -s 4 -d 'Only IPv4 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -s 6 -d 'Only IPv6 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -l watch -d 'Repeat until stopped, and write a line each time the verdict changes'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -s v -l verbose -d 'Write every result, not only changes; show the output of scripts on stderr'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tcp" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -l timeout -d 'Longest wait for the reply' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -l source -d 'Source address [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -l source-port -d 'Source port [default: the one that the system chooses]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -l interface -d 'Interface to leave by [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -l fwmark -d 'Firewall mark of the packets, for rules and routes that look at it' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -l retry -d 'Failures that are forgiven before one counts; each is followed by another try' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -l retry-delay -d 'Time from a forgiven failure to the next try (`delay_before_retry`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -l warmup -d 'Begin at a random moment of this time, so that many checks do not begin together' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -l count -d 'Repeat this many times (implies --watch) and sum up at the end' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -l interval -d 'Time from one start to the next' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -l rise -d 'Good results in a row that it takes to come up again; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -l fall -d 'Bad results in a row that it takes to go down; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -s 4 -d 'Only IPv4 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -s 6 -d 'Only IPv6 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -l watch -d 'Repeat until stopped, and write a line each time the verdict changes'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -s v -l verbose -d 'Write every result, not only changes; show the output of scripts on stderr'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from icmp" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l timeout -d 'Longest wait for the whole answer, redirects included' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l connect -d 'Connect to this host, whatever the URL says (`connect_ip`, `connect_port`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l host -d 'Name in the Host header (`virtualhost`) [default: that of the URL]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l protocol -d 'HTTP version of the request; 1.0C is 1.0 with `Connection: close`. 2 is asked for within TLS (ALPN), and spoken at once without' -r -f -a "1.0\t''
1.0C\t''
1.1\t''
2\t''"
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l method -d 'Method of the request' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l header -d 'A further header; one that would be sent anyway is replaced' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l user-file -d 'Basic authentication by the USER:PASSWORD in the first line of this file. Without --verify it goes to whoever answers' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l data -d 'What is sent after the headers' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l redirects -d 'Redirects that are followed; one more is a failure. Without it a redirect is a status' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l status -d 'Good status codes: `200`, `200-299,301` [default: 200-299]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l digest -d 'MD5 of a good body, as genhash and `ha check http --json` show it' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l contains -d 'A good body has this text in it; may be given several times' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l regex -d 'A good body has a match for this pattern of PCRE2 in it; a search that takes half a second of processor time is given up, which is a failure' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l regex-options -d 'Options of the pattern by PCRE2\'s names: `caseless,multiline`' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l regex-min-offset -d 'A match begins at this byte of the body or later' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l regex-max-offset -d 'A match begins at this byte or earlier' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l body-limit -d 'Longest body that is read; a longer one is a failure' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l source -d 'Source address [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l source-port -d 'Source port [default: the one that the system chooses]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l interface -d 'Interface to leave by [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l fwmark -d 'Firewall mark of the packets, for rules and routes that look at it' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l retry -d 'Failures that are forgiven before one counts; each is followed by another try' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l retry-delay -d 'Time from a forgiven failure to the next try (`delay_before_retry`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l warmup -d 'Begin at a random moment of this time, so that many checks do not begin together' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l count -d 'Repeat this many times (implies --watch) and sum up at the end' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l interval -d 'Time from one start to the next' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l rise -d 'Good results in a row that it takes to come up again; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l fall -d 'Bad results in a row that it takes to go down; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l regex-no-match -d 'A good body has no match in it'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -s 4 -d 'Only IPv4 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -s 6 -d 'Only IPv6 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l watch -d 'Repeat until stopped, and write a line each time the verdict changes'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -s v -l verbose -d 'Write every result, not only changes; show the output of scripts on stderr'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from http" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l timeout -d 'Longest wait for the whole answer, redirects included' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l connect -d 'Connect to this host, whatever the URL says (`connect_ip`, `connect_port`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l host -d 'Name in the Host header (`virtualhost`) [default: that of the URL]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l protocol -d 'HTTP version of the request; 1.0C is 1.0 with `Connection: close`. 2 is asked for within TLS (ALPN), and spoken at once without' -r -f -a "1.0\t''
1.0C\t''
1.1\t''
2\t''"
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l method -d 'Method of the request' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l header -d 'A further header; one that would be sent anyway is replaced' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l user-file -d 'Basic authentication by the USER:PASSWORD in the first line of this file. Without --verify it goes to whoever answers' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l data -d 'What is sent after the headers' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l redirects -d 'Redirects that are followed; one more is a failure. Without it a redirect is a status' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l status -d 'Good status codes: `200`, `200-299,301` [default: 200-299]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l digest -d 'MD5 of a good body, as genhash and `ha check http --json` show it' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l contains -d 'A good body has this text in it; may be given several times' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l regex -d 'A good body has a match for this pattern of PCRE2 in it; a search that takes half a second of processor time is given up, which is a failure' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l regex-options -d 'Options of the pattern by PCRE2\'s names: `caseless,multiline`' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l regex-min-offset -d 'A match begins at this byte of the body or later' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l regex-max-offset -d 'A match begins at this byte or earlier' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l body-limit -d 'Longest body that is read; a longer one is a failure' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l source -d 'Source address [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l source-port -d 'Source port [default: the one that the system chooses]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l interface -d 'Interface to leave by [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l fwmark -d 'Firewall mark of the packets, for rules and routes that look at it' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l retry -d 'Failures that are forgiven before one counts; each is followed by another try' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l retry-delay -d 'Time from a forgiven failure to the next try (`delay_before_retry`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l warmup -d 'Begin at a random moment of this time, so that many checks do not begin together' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l count -d 'Repeat this many times (implies --watch) and sum up at the end' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l interval -d 'Time from one start to the next' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l rise -d 'Good results in a row that it takes to come up again; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l fall -d 'Bad results in a row that it takes to go down; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l sni -d 'Name the server is asked for (SNI) [default: the host, when it is a name]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l ca -d 'The same, by the authorities in this file (PEM)' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l cert -d 'Certificate that is shown to the server (PEM), with those that vouch for it' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l key -d 'Key of that certificate (PEM)' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l tls-min -d 'Oldest version of TLS that will do [default: 1.2]' -r -f -a "1.2\t''
1.3\t''"
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l least-days -d 'The certificate must last for this many more days' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l regex-no-match -d 'A good body has no match in it'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -s 4 -d 'Only IPv4 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -s 6 -d 'Only IPv6 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l watch -d 'Repeat until stopped, and write a line each time the verdict changes'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -s v -l verbose -d 'Write every result, not only changes; show the output of scripts on stderr'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l no-sni -d 'Do not tell the server whom it is asked for, as keepalived without `enable_sni`'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l verify -d 'The certificate must be valid for the name, and by an authority that this host trusts'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l close-notify -d 'End the connection with TLS\'s own farewell (`tls_compliant`)'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l resume -d 'Take up the TLS session of the last time where the server allows it: cheaper for both. The certificate is then the one that was shown first'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from https" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l timeout -d 'Longest wait for the end of the handshake' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l sni -d 'Name the server is asked for (SNI) [default: the host, when it is a name]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l ca -d 'The same, by the authorities in this file (PEM)' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l cert -d 'Certificate that is shown to the server (PEM), with those that vouch for it' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l key -d 'Key of that certificate (PEM)' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l tls-min -d 'Oldest version of TLS that will do [default: 1.2]' -r -f -a "1.2\t''
1.3\t''"
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l least-days -d 'The certificate must last for this many more days' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l alpn -d 'Protocols of which the server must choose one (ALPN), the dearest first: `h2,http/1.1`' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l source -d 'Source address [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l source-port -d 'Source port [default: the one that the system chooses]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l interface -d 'Interface to leave by [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l fwmark -d 'Firewall mark of the packets, for rules and routes that look at it' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l retry -d 'Failures that are forgiven before one counts; each is followed by another try' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l retry-delay -d 'Time from a forgiven failure to the next try (`delay_before_retry`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l warmup -d 'Begin at a random moment of this time, so that many checks do not begin together' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l count -d 'Repeat this many times (implies --watch) and sum up at the end' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l interval -d 'Time from one start to the next' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l rise -d 'Good results in a row that it takes to come up again; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l fall -d 'Bad results in a row that it takes to go down; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l no-sni -d 'Do not tell the server whom it is asked for, as keepalived without `enable_sni`'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l verify -d 'The certificate must be valid for the name, and by an authority that this host trusts'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l close-notify -d 'End the connection with TLS\'s own farewell (`tls_compliant`)'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -s 4 -d 'Only IPv4 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -s 6 -d 'Only IPv6 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l watch -d 'Repeat until stopped, and write a line each time the verdict changes'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -s v -l verbose -d 'Write every result, not only changes; show the output of scripts on stderr'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from tls" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l name -d 'Name that is asked for; the root by default' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l type -d 'Type that is asked for: A, AAAA, MX … or TYPE65280' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l rcode -d 'Response code that is good' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l answers -d 'Records that a good answer has at least' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l timeout -d 'Longest wait for the answer' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l source -d 'Source address [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l source-port -d 'Source port [default: the one that the system chooses]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l interface -d 'Interface to leave by [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l fwmark -d 'Firewall mark of the packets, for rules and routes that look at it' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l retry -d 'Failures that are forgiven before one counts; each is followed by another try' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l retry-delay -d 'Time from a forgiven failure to the next try (`delay_before_retry`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l warmup -d 'Begin at a random moment of this time, so that many checks do not begin together' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l count -d 'Repeat this many times (implies --watch) and sum up at the end' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l interval -d 'Time from one start to the next' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l rise -d 'Good results in a row that it takes to come up again; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l fall -d 'Bad results in a row that it takes to go down; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l tcp -d 'Ask by TCP, not only when an answer by UDP was cut'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -s 4 -d 'Only IPv4 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -s 6 -d 'Only IPv6 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l watch -d 'Repeat until stopped, and write a line each time the verdict changes'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -s v -l verbose -d 'Write every result, not only changes; show the output of scripts on stderr'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from dns" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -l helo -d 'What this host calls itself' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -l timeout -d 'Longest wait for the whole dialogue' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -l source -d 'Source address [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -l source-port -d 'Source port [default: the one that the system chooses]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -l interface -d 'Interface to leave by [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -l fwmark -d 'Firewall mark of the packets, for rules and routes that look at it' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -l retry -d 'Failures that are forgiven before one counts; each is followed by another try' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -l retry-delay -d 'Time from a forgiven failure to the next try (`delay_before_retry`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -l warmup -d 'Begin at a random moment of this time, so that many checks do not begin together' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -l count -d 'Repeat this many times (implies --watch) and sum up at the end' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -l interval -d 'Time from one start to the next' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -l rise -d 'Good results in a row that it takes to come up again; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -l fall -d 'Bad results in a row that it takes to go down; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -s 4 -d 'Only IPv4 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -s 6 -d 'Only IPv6 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -l watch -d 'Repeat until stopped, and write a line each time the verdict changes'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -s v -l verbose -d 'Write every result, not only changes; show the output of scripts on stderr'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from smtp" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l payload -d 'What is sent, in hexadecimal digits' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l require-reply -d 'A reply must come, and begin with these hexadecimal digits; `x` stands for any digit, and nothing for any reply' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l min-reply-length -d 'Shortest good reply' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l max-reply-length -d 'Longest good reply' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l timeout -d 'Longest wait for the reply. Without --require-reply, how long no error may come: a host that is gone is known to be after about three seconds, so a shorter wait takes it for up' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l source -d 'Source address [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l source-port -d 'Source port [default: the one that the system chooses]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l interface -d 'Interface to leave by [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l fwmark -d 'Firewall mark of the packets, for rules and routes that look at it' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l retry -d 'Failures that are forgiven before one counts; each is followed by another try' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l retry-delay -d 'Time from a forgiven failure to the next try (`delay_before_retry`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l warmup -d 'Begin at a random moment of this time, so that many checks do not begin together' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l count -d 'Repeat this many times (implies --watch) and sum up at the end' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l interval -d 'Time from one start to the next' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l rise -d 'Good results in a row that it takes to come up again; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l fall -d 'Bad results in a row that it takes to go down; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -s 4 -d 'Only IPv4 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -s 6 -d 'Only IPv6 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l watch -d 'Repeat until stopped, and write a line each time the verdict changes'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -s v -l verbose -d 'Write every result, not only changes; show the output of scripts on stderr'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from udp" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l service -d 'Service that must be serving [default: the server as a whole]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l authority -d 'What the server is called in the request [default: HOST:PORT]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l timeout -d 'Longest wait for the verdict' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l sni -d 'Name the server is asked for (SNI) [default: the host, when it is a name]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l ca -d 'The same, by the authorities in this file (PEM)' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l cert -d 'Certificate that is shown to the server (PEM), with those that vouch for it' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l key -d 'Key of that certificate (PEM)' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l tls-min -d 'Oldest version of TLS that will do [default: 1.2]' -r -f -a "1.2\t''
1.3\t''"
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l least-days -d 'The certificate must last for this many more days' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l source -d 'Source address [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l source-port -d 'Source port [default: the one that the system chooses]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l interface -d 'Interface to leave by [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l fwmark -d 'Firewall mark of the packets, for rules and routes that look at it' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l retry -d 'Failures that are forgiven before one counts; each is followed by another try' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l retry-delay -d 'Time from a forgiven failure to the next try (`delay_before_retry`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l warmup -d 'Begin at a random moment of this time, so that many checks do not begin together' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l count -d 'Repeat this many times (implies --watch) and sum up at the end' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l interval -d 'Time from one start to the next' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l rise -d 'Good results in a row that it takes to come up again; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l fall -d 'Bad results in a row that it takes to go down; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l tls -d 'Speak TLS; each of its options below implies this'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l no-sni -d 'Do not tell the server whom it is asked for, as keepalived without `enable_sni`'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l verify -d 'The certificate must be valid for the name, and by an authority that this host trusts'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l close-notify -d 'End the connection with TLS\'s own farewell (`tls_compliant`)'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -s 4 -d 'Only IPv4 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -s 6 -d 'Only IPv6 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l watch -d 'Repeat until stopped, and write a line each time the verdict changes'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -s v -l verbose -d 'Write every result, not only changes; show the output of scripts on stderr'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from grpc" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l user -d 'User of the access lists [default: the user without a name]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l password-file -d 'The password is the first line of this file' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l password-env -d 'The password is in this environment variable' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l role -d 'What the server must be' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l max-lag -d 'A replica must not be further behind its primary, and must know how far it is' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l timeout -d 'Longest wait for the verdict' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l sni -d 'Name the server is asked for (SNI) [default: the host, when it is a name]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l ca -d 'The same, by the authorities in this file (PEM)' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l cert -d 'Certificate that is shown to the server (PEM), with those that vouch for it' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l key -d 'Key of that certificate (PEM)' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l tls-min -d 'Oldest version of TLS that will do [default: 1.2]' -r -f -a "1.2\t''
1.3\t''"
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l least-days -d 'The certificate must last for this many more days' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l source -d 'Source address [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l source-port -d 'Source port [default: the one that the system chooses]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l interface -d 'Interface to leave by [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l fwmark -d 'Firewall mark of the packets, for rules and routes that look at it' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l retry -d 'Failures that are forgiven before one counts; each is followed by another try' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l retry-delay -d 'Time from a forgiven failure to the next try (`delay_before_retry`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l warmup -d 'Begin at a random moment of this time, so that many checks do not begin together' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l count -d 'Repeat this many times (implies --watch) and sum up at the end' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l interval -d 'Time from one start to the next' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l rise -d 'Good results in a row that it takes to come up again; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l fall -d 'Bad results in a row that it takes to go down; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l read-write -d 'The server must take writes, by what it says of itself; nothing is written'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l tls -d 'Speak TLS; each of its options below implies this'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l no-sni -d 'Do not tell the server whom it is asked for, as keepalived without `enable_sni`'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l verify -d 'The certificate must be valid for the name, and by an authority that this host trusts'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l close-notify -d 'End the connection with TLS\'s own farewell (`tls_compliant`)'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -s 4 -d 'Only IPv4 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -s 6 -d 'Only IPv6 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l watch -d 'Repeat until stopped, and write a line each time the verdict changes'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -s v -l verbose -d 'Write every result, not only changes; show the output of scripts on stderr'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from redis" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l user -d 'User who asks; no rights are needed but to connect' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l database -d 'Database to connect to' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l password-file -d 'The password is the first line of this file' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l password-env -d 'The password is in this environment variable' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l role -d 'What the server must be' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l max-lag -d 'A replica must not be further behind its primary, and must know how far it is' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l timeout -d 'Longest wait for the verdict' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l sni -d 'Name the server is asked for (SNI) [default: the host, when it is a name]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l ca -d 'The same, by the authorities in this file (PEM)' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l cert -d 'Certificate that is shown to the server (PEM), with those that vouch for it' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l key -d 'Key of that certificate (PEM)' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l tls-min -d 'Oldest version of TLS that will do [default: 1.2]' -r -f -a "1.2\t''
1.3\t''"
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l least-days -d 'The certificate must last for this many more days' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l source -d 'Source address [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l source-port -d 'Source port [default: the one that the system chooses]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l interface -d 'Interface to leave by [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l fwmark -d 'Firewall mark of the packets, for rules and routes that look at it' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l retry -d 'Failures that are forgiven before one counts; each is followed by another try' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l retry-delay -d 'Time from a forgiven failure to the next try (`delay_before_retry`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l warmup -d 'Begin at a random moment of this time, so that many checks do not begin together' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l count -d 'Repeat this many times (implies --watch) and sum up at the end' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l interval -d 'Time from one start to the next' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l rise -d 'Good results in a row that it takes to come up again; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l fall -d 'Bad results in a row that it takes to go down; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l read-write -d 'The server must take writes, by what it says of itself; nothing is written'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l tls -d 'Speak TLS; each of its options below implies this'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l no-sni -d 'Do not tell the server whom it is asked for, as keepalived without `enable_sni`'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l verify -d 'The certificate must be valid for the name, and by an authority that this host trusts'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l close-notify -d 'End the connection with TLS\'s own farewell (`tls_compliant`)'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -s 4 -d 'Only IPv4 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -s 6 -d 'Only IPv6 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l watch -d 'Repeat until stopped, and write a line each time the verdict changes'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -s v -l verbose -d 'Write every result, not only changes; show the output of scripts on stderr'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from postgres" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l user -d 'User who asks' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l password-file -d 'The password is the first line of this file' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l password-env -d 'The password is in this environment variable' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l role -d 'What the server must be' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l max-lag -d 'A replica must not be further behind its primary, and must know how far it is' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l timeout -d 'Longest wait for the verdict' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l sni -d 'Name the server is asked for (SNI) [default: the host, when it is a name]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l ca -d 'The same, by the authorities in this file (PEM)' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l cert -d 'Certificate that is shown to the server (PEM), with those that vouch for it' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l key -d 'Key of that certificate (PEM)' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l tls-min -d 'Oldest version of TLS that will do [default: 1.2]' -r -f -a "1.2\t''
1.3\t''"
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l least-days -d 'The certificate must last for this many more days' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l source -d 'Source address [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l source-port -d 'Source port [default: the one that the system chooses]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l interface -d 'Interface to leave by [default: the one that the routes choose]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l fwmark -d 'Firewall mark of the packets, for rules and routes that look at it' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l retry -d 'Failures that are forgiven before one counts; each is followed by another try' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l retry-delay -d 'Time from a forgiven failure to the next try (`delay_before_retry`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l warmup -d 'Begin at a random moment of this time, so that many checks do not begin together' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l count -d 'Repeat this many times (implies --watch) and sum up at the end' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l interval -d 'Time from one start to the next' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l rise -d 'Good results in a row that it takes to come up again; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l fall -d 'Bad results in a row that it takes to go down; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l read-write -d 'The server must take writes, by what it says of itself; nothing is written'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l tls -d 'Speak TLS; each of its options below implies this'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l no-sni -d 'Do not tell the server whom it is asked for, as keepalived without `enable_sni`'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l verify -d 'The certificate must be valid for the name, and by an authority that this host trusts'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l close-notify -d 'End the connection with TLS\'s own farewell (`tls_compliant`)'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -s 4 -d 'Only IPv4 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -s 6 -d 'Only IPv6 addresses of a name'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l watch -d 'Repeat until stopped, and write a line each time the verdict changes'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -s v -l verbose -d 'Write every result, not only changes; show the output of scripts on stderr'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from mysql" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from file" -l max-age -d 'A file that was not written for longer is bad' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from file" -l retry -d 'Failures that are forgiven before one counts; each is followed by another try' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from file" -l retry-delay -d 'Time from a forgiven failure to the next try (`delay_before_retry`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from file" -l warmup -d 'Begin at a random moment of this time, so that many checks do not begin together' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from file" -l count -d 'Repeat this many times (implies --watch) and sum up at the end' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from file" -l interval -d 'Time from one start to the next' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from file" -l rise -d 'Good results in a row that it takes to come up again; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from file" -l fall -d 'Bad results in a row that it takes to go down; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from file" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from file" -l reverse -d 'Zero is bad, and every other number good'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from file" -l watch -d 'Repeat until stopped, and write a line each time the verdict changes'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from file" -s v -l verbose -d 'Write every result, not only changes; show the output of scripts on stderr'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from file" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from file" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from file" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -l min -d 'Fewest processes that are good (`quorum`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -l max -d 'Most that are good (`quorum_max`); 0: it must not run' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -l retry -d 'Failures that are forgiven before one counts; each is followed by another try' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -l retry-delay -d 'Time from a forgiven failure to the next try (`delay_before_retry`)' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -l warmup -d 'Begin at a random moment of this time, so that many checks do not begin together' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -l count -d 'Repeat this many times (implies --watch) and sum up at the end' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -l interval -d 'Time from one start to the next' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -l rise -d 'Good results in a row that it takes to come up again; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -l fall -d 'Bad results in a row that it takes to go down; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -l full-command -d 'NAME is the whole first word of the command line (`full_command`)'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -l initial -d 'Others may follow the arguments (`param_match initial`)'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -l partial -d 'The last of the arguments may go on, and others may follow (`param_match partial`)'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -l watch -d 'Repeat until stopped, and write a line each time the verdict changes'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -s v -l verbose -d 'Write every result, not only changes; show the output of scripts on stderr'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from process" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from script" -l timeout -d 'Longest run; then it gets SIGTERM, and SIGKILL two seconds later [default: 5s, or --interval when repeating]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from script" -l count -d 'Repeat this many times (implies --watch) and sum up at the end' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from script" -l interval -d 'Time from one start to the next' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from script" -l rise -d 'Good results in a row that it takes to come up again; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from script" -l fall -d 'Bad results in a row that it takes to go down; the first result of all counts at once' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from script" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from script" -l watch -d 'Repeat until stopped, and write a line each time the verdict changes'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from script" -s v -l verbose -d 'Write every result, not only changes; show the output of scripts on stderr'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from script" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from script" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from script" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from run" -l plan -d 'Take the plan, and control lines after it, from stdin' -r -f -a "-\t''"
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from run" -s f -l file -d 'Configuration in the language of keepalived.conf' -r -F
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from run" -s i -l config-id -d 'What `@ID` lines are compared with [default: the host name up to its first dot]' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from run" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from run" -s v -l verbose -d 'Write every result, not only changes; show the output of scripts on stderr'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from run" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from run" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "tcp" -d 'Does a TCP port accept connections?'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "icmp" -d 'Does a host answer an ICMP echo request (ping)?'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "http" -d 'Does a web server answer as it should?'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "https" -d 'Does a web server answer over TLS as it should?'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "tls" -d 'Does a server complete a TLS handshake?'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "dns" -d 'Does a DNS server answer a question?'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "smtp" -d 'Does a mail server greet as it should?'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "udp" -d 'Does a UDP service answer, or at least not refuse?'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "grpc" -d 'Does a gRPC server serve, by its health service?'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "redis" -d 'Does a Redis server work, and is it what it should be?'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "postgres" -d 'Does a PostgreSQL server work, and is it what it should be?'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "mysql" -d 'Does a MySQL or MariaDB server work, and is it what it should be?'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "file" -d 'Does a file say that all is well?'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "process" -d 'Do as many processes of a name run as should?'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "script" -d 'Does a command exit with status 0?'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "run" -d 'Run all checks of a configuration, or of a plan on stdin'
complete -c ha -n "__fish_ha_using_subcommand check; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand announce" -s i -l interface -d 'The interface whose hardware address is announced' -r
complete -c ha -n "__fish_ha_using_subcommand announce" -l count -d 'Messages for each address' -r
complete -c ha -n "__fish_ha_using_subcommand announce" -l interval -d 'Least time between two messages' -r
complete -c ha -n "__fish_ha_using_subcommand announce" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand announce" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand announce" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand announce" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand addr; and not __fish_seen_subcommand_from add del help" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand addr; and not __fish_seen_subcommand_from add del help" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand addr; and not __fish_seen_subcommand_from add del help" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand addr; and not __fish_seen_subcommand_from add del help" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand addr; and not __fish_seen_subcommand_from add del help" -f -a "add" -d 'Put an address on an interface; nothing to do when it is there'
complete -c ha -n "__fish_ha_using_subcommand addr; and not __fish_seen_subcommand_from add del help" -f -a "del" -d 'Take an address off an interface; nothing to do when it is not there'
complete -c ha -n "__fish_ha_using_subcommand addr; and not __fish_seen_subcommand_from add del help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand addr; and __fish_seen_subcommand_from add" -s i -l interface -d 'The interface' -r
complete -c ha -n "__fish_ha_using_subcommand addr; and __fish_seen_subcommand_from add" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand addr; and __fish_seen_subcommand_from add" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand addr; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ha -n "__fish_ha_using_subcommand addr; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand addr; and __fish_seen_subcommand_from del" -s i -l interface -d 'The interface' -r
complete -c ha -n "__fish_ha_using_subcommand addr; and __fish_seen_subcommand_from del" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand addr; and __fish_seen_subcommand_from del" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand addr; and __fish_seen_subcommand_from del" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand addr; and __fish_seen_subcommand_from del" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand addr; and __fish_seen_subcommand_from help" -f -a "add" -d 'Put an address on an interface; nothing to do when it is there'
complete -c ha -n "__fish_ha_using_subcommand addr; and __fish_seen_subcommand_from help" -f -a "del" -d 'Take an address off an interface; nothing to do when it is not there'
complete -c ha -n "__fish_ha_using_subcommand addr; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand notify" -l instance -d 'Tell about this instance, once' -r
complete -c ha -n "__fish_ha_using_subcommand notify" -l group -d 'Tell about this sync group, once' -r
complete -c ha -n "__fish_ha_using_subcommand notify" -l state -d 'The state entered' -r -f -a "master\t'Holds the addresses'
backup\t'Waits'
fault\t'Cannot take part'
stop\t'Ended'"
complete -c ha -n "__fish_ha_using_subcommand notify" -l priority -d 'Effective priority of the instance' -r
complete -c ha -n "__fish_ha_using_subcommand notify" -l script -d 'Command that gets four more words: INSTANCE or GROUP, name, state, priority. Split at blanks; no shell is involved' -r
complete -c ha -n "__fish_ha_using_subcommand notify" -l deadline -d 'Longest run of a command; then SIGTERM, and SIGKILL two seconds later [default: 5m]' -r
complete -c ha -n "__fish_ha_using_subcommand notify" -s f -l file -d 'Configuration in the language of keepalived.conf' -r -F
complete -c ha -n "__fish_ha_using_subcommand notify" -s i -l config-id -d 'What `@ID` lines are compared with [default: the host name up to its first dot]' -r
complete -c ha -n "__fish_ha_using_subcommand notify" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand notify" -l follow -d 'Tell about each event on stdin until it ends. Without --script and --file the first line is a plan'
complete -c ha -n "__fish_ha_using_subcommand notify" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand notify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ha -n "__fish_ha_using_subcommand notify" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -f -a "show" -d 'Print the table'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -f -a "export" -d 'Print the table as `ipvsadm -R` or `ha ipvs apply` read it'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -f -a "diff" -d 'Say what has to change for the table to be as desired: exit 0 nothing, 1 something'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -f -a "apply" -d 'Make the table as desired; nothing is done to what is so already'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -f -a "add" -d 'Add a service, or with --real-server a destination to one'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -f -a "edit" -d 'Change a service, or with --real-server a destination of one; what is not named stays, and so do connections'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -f -a "del" -d 'Remove a service with its destinations, or with --real-server one destination'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -f -a "drain" -d 'Give a server no new connections until it is undrained, whatever its checks say; or list who is drained'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -f -a "undrain" -d 'Give a server connections again'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -f -a "watch" -d 'Tell what becomes of the table, whoever changes it'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -f -a "flush" -d 'Remove every service'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -f -a "zero" -d 'Begin all counters at zero'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -f -a "timeouts" -d 'Print how long idle connections are remembered, or set it'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -f -a "sync" -d 'Print the synchronisation daemons, or start or stop one'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and not __fish_seen_subcommand_from show export diff apply add edit del drain undrain watch flush zero timeouts sync help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from show" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from show" -l stats -d 'Counters since the start of each service and destination'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from show" -l rate -d 'What it is each second'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from show" -l connections -d 'The connections that the kernel remembers, instead of services; takes no privilege'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from show" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from export" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from export" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from export" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from diff" -s i -l config-id -d 'What `@ID` lines of a keepalived.conf are compared with [default: the host name up to its first dot]' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from diff" -l only -d 'Only this service, such as tcp/192.0.2.1:80 or fwmark/7; nothing else is looked at. May be repeated' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from diff" -l state-dir -d 'Where it is written which servers are drained; those keep weight 0' -r -F
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from diff" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from diff" -l prune -d 'Services that are not in FILE go; without it they belong to somebody else and stay'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from diff" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from diff" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from apply" -s f -l file -d 'The same as FILE' -r -F
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from apply" -s i -l config-id -d 'What `@ID` lines of a keepalived.conf are compared with [default: the host name up to its first dot]' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from apply" -l only -d 'Only this service, such as tcp/192.0.2.1:80 or fwmark/7; nothing else is looked at. May be repeated' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from apply" -l state-dir -d 'Where it is written which servers are drained; those keep weight 0' -r -F
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from apply" -l interval -d 'With --follow: how often the kernel is asked whether the table is still right' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from apply" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from apply" -l prune -d 'Services that are not in FILE go; without it they belong to somebody else and stay'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from apply" -l follow -d 'Keep it so until stdin ends: events of checks come there, a line each, and decide who serves; what somebody else changes is repaired. Without FILE the first line is a plan. SIGHUP has FILE read again'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from apply" -l release -d 'With --follow: at the end what was put into the table is removed; without it, it stays'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from apply" -l dry-run -d 'Only say what would be done'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from apply" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from apply" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s t -l tcp-service -d 'A TCP service' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s u -l udp-service -d 'A UDP service' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -l sctp-service -d 'An SCTP service' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s f -l fwmark-service -d 'Packets that a firewall marked with this number' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s r -l real-server -d 'A destination of the service; its port is the service\'s unless it is given' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s s -l scheduler -d 'Who picks the destination of a connection: rr, wrr, lc, wlc, sh, mh … [default: wlc]' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s b -l sched-flags -d 'Flags of the scheduler with commas between: sh-fallback, sh-port, mh-fallback, mh-port, flag-1, flag-2, flag-3; empty for none' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s p -l persistent -d 'Connections of a client go to one destination, until it was away this long' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s M -l netmask -d 'Which clients count as one: a netmask for IPv4, a prefix length for IPv6' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -l pe -d 'A module that knows clients by their payload, such as sip' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -l tun-type -d 'What the outer packet is [default: ipip]' -r -f -a "ipip\t''
gre\t''
gue\t''"
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -l tun-port -d 'UDP port of a gue tunnel' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s w -l weight -d 'Its share of connections; 0: no new ones [default: 1]' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s x -l u-threshold -d 'Connections above which it gets no more; 0: any number' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s y -l l-threshold -d 'Connections below which it gets some again; 0: three quarters of the upper threshold' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s 6 -l ipv6 -d 'The mark is that of IPv6 packets'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s o -l ops -d 'Each UDP packet is scheduled for itself'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s g -l gatewaying -d 'Packets go unchanged to its link address (direct routing), which is the default'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s m -l masquerading -d 'Addresses are rewritten (NAT); the only one that can change the port'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s i -l ipip -d 'Packets go through a tunnel'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -l tun-nocsum -d 'The outer packet has no checksum, which is the default'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -l tun-csum -d 'The outer packet has a checksum'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -l tun-remcsum -d 'The inner checksum is left to the other side (gue)'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s t -l tcp-service -d 'A TCP service' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s u -l udp-service -d 'A UDP service' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -l sctp-service -d 'An SCTP service' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s f -l fwmark-service -d 'Packets that a firewall marked with this number' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s r -l real-server -d 'A destination of the service; its port is the service\'s unless it is given' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s s -l scheduler -d 'Who picks the destination of a connection: rr, wrr, lc, wlc, sh, mh … [default: wlc]' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s b -l sched-flags -d 'Flags of the scheduler with commas between: sh-fallback, sh-port, mh-fallback, mh-port, flag-1, flag-2, flag-3; empty for none' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s p -l persistent -d 'Connections of a client go to one destination, until it was away this long' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s M -l netmask -d 'Which clients count as one: a netmask for IPv4, a prefix length for IPv6' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -l pe -d 'A module that knows clients by their payload, such as sip' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -l tun-type -d 'What the outer packet is [default: ipip]' -r -f -a "ipip\t''
gre\t''
gue\t''"
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -l tun-port -d 'UDP port of a gue tunnel' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s w -l weight -d 'Its share of connections; 0: no new ones [default: 1]' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s x -l u-threshold -d 'Connections above which it gets no more; 0: any number' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s y -l l-threshold -d 'Connections below which it gets some again; 0: three quarters of the upper threshold' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s 6 -l ipv6 -d 'The mark is that of IPv6 packets'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s o -l ops -d 'Each UDP packet is scheduled for itself'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s g -l gatewaying -d 'Packets go unchanged to its link address (direct routing), which is the default'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s m -l masquerading -d 'Addresses are rewritten (NAT); the only one that can change the port'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s i -l ipip -d 'Packets go through a tunnel'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -l tun-nocsum -d 'The outer packet has no checksum, which is the default'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -l tun-csum -d 'The outer packet has a checksum'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -l tun-remcsum -d 'The inner checksum is left to the other side (gue)'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -l no-persistent -d 'The service is not persistent any more'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -l no-ops -d 'Packets are not scheduled each for itself any more'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from edit" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from del" -s t -l tcp-service -d 'A TCP service' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from del" -s u -l udp-service -d 'A UDP service' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from del" -l sctp-service -d 'An SCTP service' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from del" -s f -l fwmark-service -d 'Packets that a firewall marked with this number' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from del" -s r -l real-server -d 'A destination of the service; its port is the service\'s unless it is given' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from del" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from del" -s 6 -l ipv6 -d 'The mark is that of IPv6 packets'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from del" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from del" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from del" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from drain" -l service -d 'In this service, such as tcp/192.0.2.1:80 [default: in all]' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from drain" -l state-dir -d 'Where it is written which servers are drained' -r -F
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from drain" -l deadline -d 'Wait until its last connection has ended, but not longer than this' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from drain" -l interval -d 'How often the kernel is asked how many there are' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from drain" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from drain" -l absent -d 'Also a server that no service has now, such as one that is down'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from drain" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from drain" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from drain" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from undrain" -l service -d 'In this service, such as tcp/192.0.2.1:80 [default: in all]' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from undrain" -l state-dir -d 'Where it is written which servers are drained' -r -F
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from undrain" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from undrain" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from undrain" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from undrain" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from watch" -l interval -d 'From one look to the next' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from watch" -l count -d 'End after this many looks' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from watch" -l only -d 'Only this service, such as tcp/192.0.2.1:80 or fwmark/7. May be repeated' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from watch" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from watch" -l counters -d 'What went through each service since the look before, too'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from watch" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from watch" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from watch" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from flush" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from flush" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from flush" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from flush" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from zero" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from zero" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from zero" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from zero" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from timeouts" -l tcp -d 'Of idle TCP connections, in seconds' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from timeouts" -l tcp-fin -d 'Of TCP connections after a FIN' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from timeouts" -l udp -d 'Of UDP, after the last packet' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from timeouts" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from timeouts" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from timeouts" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from timeouts" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from sync" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from sync" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from sync" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from sync" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from sync" -f -a "start" -d 'Start one'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from sync" -f -a "stop" -d 'Stop one'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from sync" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from help" -f -a "show" -d 'Print the table'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from help" -f -a "export" -d 'Print the table as `ipvsadm -R` or `ha ipvs apply` read it'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from help" -f -a "diff" -d 'Say what has to change for the table to be as desired: exit 0 nothing, 1 something'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from help" -f -a "apply" -d 'Make the table as desired; nothing is done to what is so already'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add a service, or with --real-server a destination to one'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Change a service, or with --real-server a destination of one; what is not named stays, and so do connections'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from help" -f -a "del" -d 'Remove a service with its destinations, or with --real-server one destination'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from help" -f -a "drain" -d 'Give a server no new connections until it is undrained, whatever its checks say; or list who is drained'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from help" -f -a "undrain" -d 'Give a server connections again'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from help" -f -a "watch" -d 'Tell what becomes of the table, whoever changes it'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from help" -f -a "flush" -d 'Remove every service'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from help" -f -a "zero" -d 'Begin all counters at zero'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from help" -f -a "timeouts" -d 'Print how long idle connections are remembered, or set it'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from help" -f -a "sync" -d 'Print the synchronisation daemons, or start or stop one'
complete -c ha -n "__fish_ha_using_subcommand ipvs; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand config; and not __fish_seen_subcommand_from check show render fmt diff keywords help" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand config; and not __fish_seen_subcommand_from check show render fmt diff keywords help" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand config; and not __fish_seen_subcommand_from check show render fmt diff keywords help" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand config; and not __fish_seen_subcommand_from check show render fmt diff keywords help" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand config; and not __fish_seen_subcommand_from check show render fmt diff keywords help" -f -a "check" -d 'Say everything that is wrong with configurations: exit 0 valid, 3 not'
complete -c ha -n "__fish_ha_using_subcommand config; and not __fish_seen_subcommand_from check show render fmt diff keywords help" -f -a "show" -d 'Show what a configuration means, with every default filled in'
complete -c ha -n "__fish_ha_using_subcommand config; and not __fish_seen_subcommand_from check show render fmt diff keywords help" -f -a "render" -d 'Write what a configuration expands to: without includes, definitions and repetitions'
complete -c ha -n "__fish_ha_using_subcommand config; and not __fish_seen_subcommand_from check show render fmt diff keywords help" -f -a "fmt" -d 'Write configurations in their canonical form; comments stay'
complete -c ha -n "__fish_ha_using_subcommand config; and not __fish_seen_subcommand_from check show render fmt diff keywords help" -f -a "diff" -d 'Say what a reload from one configuration to another would change: exit 0 nothing, 1 something'
complete -c ha -n "__fish_ha_using_subcommand config; and not __fish_seen_subcommand_from check show render fmt diff keywords help" -f -a "keywords" -d 'List the keywords of the language, or describe one as the manual does'
complete -c ha -n "__fish_ha_using_subcommand config; and not __fish_seen_subcommand_from check show render fmt diff keywords help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from check" -s i -l config-id -d 'What `@ID` lines are compared with [default: the host name up to its first dot]' -r
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from check" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from check" -l strict -d 'Warnings make a configuration invalid too'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from check" -l here -d 'Say also what only this host can tell: interfaces, addresses, scripts, users, kernel'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from check" -l alone -d 'The files have nothing to do with each other: do not compare them'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from check" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from show" -s i -l config-id -d 'What `@ID` lines are compared with [default: the host name up to its first dot]' -r
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from show" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from show" -l origin -d 'Show every value of the model, each with the line that set it'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from render" -s i -l config-id -d 'What `@ID` lines are compared with [default: the host name up to its first dot]' -r
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from render" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from render" -l no-origins -d 'Leave out the comments that say where each line came from'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from render" -l secrets -d 'Show passwords too; without it each is `(hidden)`'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from render" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from render" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from render" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from fmt" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from fmt" -l check -d 'Change nothing; name the files that would change: exit 0 none, 1 some'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from fmt" -l write -d 'Rewrite the files that are not in this form yet, and name them'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from fmt" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from fmt" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from fmt" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from diff" -s i -l config-id -d 'What `@ID` lines are compared with [default: the host name up to its first dot]' -r
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from diff" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from diff" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from diff" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from keywords" -l block -d 'Only keywords of this block, by its path or its last name' -r
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from keywords" -l status -d 'Only keywords with which this is done' -r -f -a "works\t'Acted on'
accepted\t'Accepted; has no meaning here'
not-yet\t'Known and not acted on yet'"
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from keywords" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from keywords" -l unsupported -d 'The same as --status not-yet'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from keywords" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from keywords" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from keywords" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Say everything that is wrong with configurations: exit 0 valid, 3 not'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show what a configuration means, with every default filled in'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "render" -d 'Write what a configuration expands to: without includes, definitions and repetitions'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "fmt" -d 'Write configurations in their canonical form; comments stay'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "diff" -d 'Say what a reload from one configuration to another would change: exit 0 nothing, 1 something'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "keywords" -d 'List the keywords of the language, or describe one as the manual does'
complete -c ha -n "__fish_ha_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand status" -l state-dir -d 'State directory of the supervisor to ask' -r -F
complete -c ha -n "__fish_ha_using_subcommand status" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand status" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand status" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand status" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ctl; and not __fish_seen_subcommand_from reload demote promote maintenance stop events help" -l state-dir -d 'State directory of the supervisor to steer' -r -F
complete -c ha -n "__fish_ha_using_subcommand ctl; and not __fish_seen_subcommand_from reload demote promote maintenance stop events help" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ctl; and not __fish_seen_subcommand_from reload demote promote maintenance stop events help" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ctl; and not __fish_seen_subcommand_from reload demote promote maintenance stop events help" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ctl; and not __fish_seen_subcommand_from reload demote promote maintenance stop events help" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ctl; and not __fish_seen_subcommand_from reload demote promote maintenance stop events help" -f -a "reload" -d 'Read the configuration again; a wrong one changes nothing, and is told'
complete -c ha -n "__fish_ha_using_subcommand ctl; and not __fish_seen_subcommand_from reload demote promote maintenance stop events help" -f -a "demote" -d 'Hand the virtual router to its peer and be backup, until promoted or until no master lives. The addresses stay until the peer is heard'
complete -c ha -n "__fish_ha_using_subcommand ctl; and not __fish_seen_subcommand_from reload demote promote maintenance stop events help" -f -a "promote" -d 'Become master now. A peer of higher priority that preempts takes over again'
complete -c ha -n "__fish_ha_using_subcommand ctl; and not __fish_seen_subcommand_from reload demote promote maintenance stop events help" -f -a "maintenance" -d 'Take an instance out of service, or back into it'
complete -c ha -n "__fish_ha_using_subcommand ctl; and not __fish_seen_subcommand_from reload demote promote maintenance stop events help" -f -a "stop" -d 'Stop everything gracefully'
complete -c ha -n "__fish_ha_using_subcommand ctl; and not __fish_seen_subcommand_from reload demote promote maintenance stop events help" -f -a "events" -d 'Show every event from now on until interrupted'
complete -c ha -n "__fish_ha_using_subcommand ctl; and not __fish_seen_subcommand_from reload demote promote maintenance stop events help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from reload" -l state-dir -d 'State directory of the supervisor to steer' -r -F
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from reload" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from reload" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from reload" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from reload" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from demote" -l state-dir -d 'State directory of the supervisor to steer' -r -F
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from demote" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from demote" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from demote" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from demote" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from promote" -l state-dir -d 'State directory of the supervisor to steer' -r -F
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from promote" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from promote" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from promote" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from promote" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from maintenance" -l state-dir -d 'State directory of the supervisor to steer' -r -F
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from maintenance" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from maintenance" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from maintenance" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from maintenance" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from stop" -l state-dir -d 'State directory of the supervisor to steer' -r -F
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from stop" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from stop" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from stop" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from events" -l state-dir -d 'State directory of the supervisor to steer' -r -F
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from events" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from events" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from events" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from events" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from help" -f -a "reload" -d 'Read the configuration again; a wrong one changes nothing, and is told'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from help" -f -a "demote" -d 'Hand the virtual router to its peer and be backup, until promoted or until no master lives. The addresses stay until the peer is heard'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from help" -f -a "promote" -d 'Become master now. A peer of higher priority that preempts takes over again'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from help" -f -a "maintenance" -d 'Take an instance out of service, or back into it'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from help" -f -a "stop" -d 'Stop everything gracefully'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from help" -f -a "events" -d 'Show every event from now on until interrupted'
complete -c ha -n "__fish_ha_using_subcommand ctl; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -s i -l interface -d 'Listen on these interfaces; `any` for all of them' -r
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -s r -l read -d 'Read a capture instead, in pcap or pcapng format; `-` for stdin' -r -F
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -s w -l write -d 'Write the packets shown into a capture as well; `-` for stdout, which then has nothing else' -r -F
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -l write-format -d 'How to write it [default: pcap when FILE ends in .pcap, else pcapng]' -r -f -a "pcap\t'Every program reads it; packets of one kind of link'
pcapng\t'Packets of all interfaces, each with its verdict'"
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -l as -d 'Whose receive checks count' -r -f -a "keepalived\t'keepalived\'s, and ours: both versions, every checksum that is in use'
rfc9568\t'RFC 9568 by the letter: version 3, over IPv4 without a pseudo header'
rfc3768\t'RFC 3768 by the letter: version 2, without authentication'"
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -s c -l count -d 'Stop after this many packets shown' -r
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -l for -d 'Stop after this time: 500ms, 10s, 5m' -r
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -l announcements -d 'With --json, show gratuitous ARP and neighbour advertisements of virtual addresses too'
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -l summary -d 'Show no packets, only the summary, on stdout'
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -l findings -d 'Tell who becomes master and what is wrong, between the packets'
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -l fail-on-invalid -d 'Exit with 1 when an advert failed a check'
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -l fail-on-finding -d 'Exit with 1 when something is wrong; see --findings'
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -f -a "watch" -d 'Tell who becomes master and what is wrong, and nothing else: exit 1 when something was'
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -f -a "vrids" -d 'Take a census: every virtual router of the segment, and the VRIDs that nobody uses'
complete -c ha -n "__fish_ha_using_subcommand sniff; and not __fish_seen_subcommand_from watch vrids help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from watch" -s i -l interface -d 'Listen on these interfaces; `any` for all of them' -r
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from watch" -s r -l read -d 'Read a capture instead, in pcap or pcapng format; `-` for stdin' -r -F
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from watch" -l for -d 'Stop after this time: 500ms, 10s, 5m' -r
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from watch" -l as -d 'Whose receive checks count' -r -f -a "keepalived\t'keepalived\'s, and ours: both versions, every checksum that is in use'
rfc9568\t'RFC 9568 by the letter: version 3, over IPv4 without a pseudo header'
rfc3768\t'RFC 3768 by the letter: version 2, without authentication'"
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from watch" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from watch" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from watch" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from vrids" -s i -l interface -d 'Listen on these interfaces; `any` for all of them' -r
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from vrids" -s r -l read -d 'Read a capture instead, in pcap or pcapng format; `-` for stdin' -r -F
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from vrids" -l for -d 'How long to listen on interfaces; a master with a longer interval is not heard' -r
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from vrids" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from vrids" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from vrids" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from vrids" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from help" -f -a "watch" -d 'Tell who becomes master and what is wrong, and nothing else: exit 1 when something was'
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from help" -f -a "vrids" -d 'Take a census: every virtual router of the segment, and the VRIDs that nobody uses'
complete -c ha -n "__fish_ha_using_subcommand sniff; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand lab" -s f -l use-file -d 'The configuration: given once for all hosts, or once for each' -r -F
complete -c ha -n "__fish_ha_using_subcommand lab" -l nodes -d 'How many hosts, 2 to 9 [default: as many as there are files, at least 2]' -r
complete -c ha -n "__fish_ha_using_subcommand lab" -l fault -d 'What to try; may be repeated [default: everything that makes sense for the configuration]' -r -f -a "kill\t'The host dies: its link is cut and every process killed; later it boots again'
term\t'The daemon is asked to stop (SIGTERM); later it is started again'
link\t'The host\'s port on the switch goes down; later it comes up'
partition\t'The hosts do not hear each other, the client hears all of them; later that heals'
script\t'The tracked scripts fail on the host; later they succeed again'
freeze\t'Every process of the host stands still (SIGSTOP); later they go on (SIGCONT)'"
complete -c ha -n "__fish_ha_using_subcommand lab" -l rounds -d 'How often to try each fault, 1 to 1000' -r
complete -c ha -n "__fish_ha_using_subcommand lab" -l daemon -d 'What runs on the hosts: one for all, or one for each, separated by commas' -r -f -a "ha\t'`ha run` of this very program'
keepalived\t'The keepalived that is installed'"
complete -c ha -n "__fish_ha_using_subcommand lab" -l advert -d 'Advertisement interval of the embedded example: whole seconds, or steps of 10 ms' -r
complete -c ha -n "__fish_ha_using_subcommand lab" -l address -d 'The virtual address to probe [default: the first one of the configuration]' -r
complete -c ha -n "__fish_ha_using_subcommand lab" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand lab" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand lab" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ha -n "__fish_ha_using_subcommand lab" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand sim" -l seed -d 'Run one random network and print what happened' -r
complete -c ha -n "__fish_ha_using_subcommand sim" -l seeds -d 'Run the seeds from A up to and without B, and print only those that break a rule' -r
complete -c ha -n "__fish_ha_using_subcommand sim" -l scenario -d 'What happens to the network; by default each seed has one of its own' -r
complete -c ha -n "__fish_ha_using_subcommand sim" -s f -l file -d 'A node\'s configuration; several nodes share one simulated network. Tells who becomes master when what fails, and after how long' -r -F
complete -c ha -n "__fish_ha_using_subcommand sim" -s i -l config-id -d 'Which lines with `@ID` of the configurations are kept: one for all, or one for each file' -r
complete -c ha -n "__fish_ha_using_subcommand sim" -l replay -d 'Run a recording of a node\'s inputs again and print every action. One input a line, as JSON, with its time: `{"now_ns":0,"input":{"configure":{…}}}`' -r -F
complete -c ha -n "__fish_ha_using_subcommand sim" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand sim" -l adverts -d 'Show every advert, not only farewells'
complete -c ha -n "__fish_ha_using_subcommand sim" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand sim" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand sim" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand completions" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand completions" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand completions" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand completions" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand man" -l log -d 'How much to log, and where to: a level (off, error, warn, info, debug, trace), targets (stderr, `syslog[:FACILITY[:NAME]]`, `journald[:NAME]`, `file:PATH`), or both with commas between them. Without a target the log goes to stderr' -r
complete -c ha -n "__fish_ha_using_subcommand man" -l json -d 'Write JSON on stdout: one document, or one line for each event of a stream'
complete -c ha -n "__fish_ha_using_subcommand man" -s h -l help -d 'Print help'
complete -c ha -n "__fish_ha_using_subcommand man" -s V -l version -d 'Print version'
complete -c ha -n "__fish_ha_using_subcommand help; and not __fish_seen_subcommand_from run vrrp check announce addr notify ipvs config status ctl sniff lab sim completions man help" -f -a "run" -d 'Run everything that a configuration asks for: the daemon'
complete -c ha -n "__fish_ha_using_subcommand help; and not __fish_seen_subcommand_from run vrrp check announce addr notify ipvs config status ctl sniff lab sim completions man help" -f -a "vrrp" -d 'Virtual routers alone (RFC 9568, RFC 3768)'
complete -c ha -n "__fish_ha_using_subcommand help; and not __fish_seen_subcommand_from run vrrp check announce addr notify ipvs config status ctl sniff lab sim completions man help" -f -a "check" -d 'Probe one thing: exit 0 healthy, 1 not'
complete -c ha -n "__fish_ha_using_subcommand help; and not __fish_seen_subcommand_from run vrrp check announce addr notify ipvs config status ctl sniff lab sim completions man help" -f -a "announce" -d 'Send gratuitous ARP or unsolicited neighbour advertisements'
complete -c ha -n "__fish_ha_using_subcommand help; and not __fish_seen_subcommand_from run vrrp check announce addr notify ipvs config status ctl sniff lab sim completions man help" -f -a "addr" -d 'Add or remove a virtual address'
complete -c ha -n "__fish_ha_using_subcommand help; and not __fish_seen_subcommand_from run vrrp check announce addr notify ipvs config status ctl sniff lab sim completions man help" -f -a "notify" -d 'Run notification scripts for events'
complete -c ha -n "__fish_ha_using_subcommand help; and not __fish_seen_subcommand_from run vrrp check announce addr notify ipvs config status ctl sniff lab sim completions man help" -f -a "ipvs" -d 'The kernel\'s load balancer as data: show, diff, apply'
complete -c ha -n "__fish_ha_using_subcommand help; and not __fish_seen_subcommand_from run vrrp check announce addr notify ipvs config status ctl sniff lab sim completions man help" -f -a "config" -d 'The configuration language: check, show, keywords'
complete -c ha -n "__fish_ha_using_subcommand help; and not __fish_seen_subcommand_from run vrrp check announce addr notify ipvs config status ctl sniff lab sim completions man help" -f -a "status" -d 'State, reasons and counters of a running supervisor'
complete -c ha -n "__fish_ha_using_subcommand help; and not __fish_seen_subcommand_from run vrrp check announce addr notify ipvs config status ctl sniff lab sim completions man help" -f -a "ctl" -d 'Steer a running supervisor'
complete -c ha -n "__fish_ha_using_subcommand help; and not __fish_seen_subcommand_from run vrrp check announce addr notify ipvs config status ctl sniff lab sim completions man help" -f -a "sniff" -d 'Decode VRRP live or from a capture, with a verdict for each packet'
complete -c ha -n "__fish_ha_using_subcommand help; and not __fish_seen_subcommand_from run vrrp check announce addr notify ipvs config status ctl sniff lab sim completions man help" -f -a "lab" -d 'Try a configuration on this machine: namespaces, real traffic, real faults'
complete -c ha -n "__fish_ha_using_subcommand help; and not __fish_seen_subcommand_from run vrrp check announce addr notify ipvs config status ctl sniff lab sim completions man help" -f -a "sim" -d 'Replay simulated networks of virtual routers'
complete -c ha -n "__fish_ha_using_subcommand help; and not __fish_seen_subcommand_from run vrrp check announce addr notify ipvs config status ctl sniff lab sim completions man help" -f -a "completions" -d 'Write shell completions to stdout'
complete -c ha -n "__fish_ha_using_subcommand help; and not __fish_seen_subcommand_from run vrrp check announce addr notify ipvs config status ctl sniff lab sim completions man help" -f -a "man" -d 'Write man pages into a directory'
complete -c ha -n "__fish_ha_using_subcommand help; and not __fish_seen_subcommand_from run vrrp check announce addr notify ipvs config status ctl sniff lab sim completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from vrrp" -f -a "run" -d 'Run virtual routers in the foreground: one from flags, or all of a plan'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from check" -f -a "tcp" -d 'Does a TCP port accept connections?'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from check" -f -a "icmp" -d 'Does a host answer an ICMP echo request (ping)?'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from check" -f -a "http" -d 'Does a web server answer as it should?'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from check" -f -a "https" -d 'Does a web server answer over TLS as it should?'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from check" -f -a "tls" -d 'Does a server complete a TLS handshake?'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from check" -f -a "dns" -d 'Does a DNS server answer a question?'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from check" -f -a "smtp" -d 'Does a mail server greet as it should?'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from check" -f -a "udp" -d 'Does a UDP service answer, or at least not refuse?'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from check" -f -a "grpc" -d 'Does a gRPC server serve, by its health service?'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from check" -f -a "redis" -d 'Does a Redis server work, and is it what it should be?'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from check" -f -a "postgres" -d 'Does a PostgreSQL server work, and is it what it should be?'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from check" -f -a "mysql" -d 'Does a MySQL or MariaDB server work, and is it what it should be?'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from check" -f -a "file" -d 'Does a file say that all is well?'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from check" -f -a "process" -d 'Do as many processes of a name run as should?'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from check" -f -a "script" -d 'Does a command exit with status 0?'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from check" -f -a "run" -d 'Run all checks of a configuration, or of a plan on stdin'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from addr" -f -a "add" -d 'Put an address on an interface; nothing to do when it is there'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from addr" -f -a "del" -d 'Take an address off an interface; nothing to do when it is not there'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ipvs" -f -a "show" -d 'Print the table'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ipvs" -f -a "export" -d 'Print the table as `ipvsadm -R` or `ha ipvs apply` read it'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ipvs" -f -a "diff" -d 'Say what has to change for the table to be as desired: exit 0 nothing, 1 something'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ipvs" -f -a "apply" -d 'Make the table as desired; nothing is done to what is so already'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ipvs" -f -a "add" -d 'Add a service, or with --real-server a destination to one'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ipvs" -f -a "edit" -d 'Change a service, or with --real-server a destination of one; what is not named stays, and so do connections'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ipvs" -f -a "del" -d 'Remove a service with its destinations, or with --real-server one destination'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ipvs" -f -a "drain" -d 'Give a server no new connections until it is undrained, whatever its checks say; or list who is drained'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ipvs" -f -a "undrain" -d 'Give a server connections again'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ipvs" -f -a "watch" -d 'Tell what becomes of the table, whoever changes it'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ipvs" -f -a "flush" -d 'Remove every service'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ipvs" -f -a "zero" -d 'Begin all counters at zero'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ipvs" -f -a "timeouts" -d 'Print how long idle connections are remembered, or set it'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ipvs" -f -a "sync" -d 'Print the synchronisation daemons, or start or stop one'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Say everything that is wrong with configurations: exit 0 valid, 3 not'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Show what a configuration means, with every default filled in'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "render" -d 'Write what a configuration expands to: without includes, definitions and repetitions'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "fmt" -d 'Write configurations in their canonical form; comments stay'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "diff" -d 'Say what a reload from one configuration to another would change: exit 0 nothing, 1 something'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "keywords" -d 'List the keywords of the language, or describe one as the manual does'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ctl" -f -a "reload" -d 'Read the configuration again; a wrong one changes nothing, and is told'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ctl" -f -a "demote" -d 'Hand the virtual router to its peer and be backup, until promoted or until no master lives. The addresses stay until the peer is heard'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ctl" -f -a "promote" -d 'Become master now. A peer of higher priority that preempts takes over again'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ctl" -f -a "maintenance" -d 'Take an instance out of service, or back into it'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ctl" -f -a "stop" -d 'Stop everything gracefully'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from ctl" -f -a "events" -d 'Show every event from now on until interrupted'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from sniff" -f -a "watch" -d 'Tell who becomes master and what is wrong, and nothing else: exit 1 when something was'
complete -c ha -n "__fish_ha_using_subcommand help; and __fish_seen_subcommand_from sniff" -f -a "vrids" -d 'Take a census: every virtual router of the segment, and the VRIDs that nobody uses'
