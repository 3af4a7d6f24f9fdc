//! What is wrong with a configuration, in the order of the file, each with a stable code, a
//! position and what to do about it.

use super::source::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The configuration cannot be run.
    Error,
    /// It runs, but not as it is written.
    Warning,
}

macro_rules! codes {
    ($($name:ident = $text:literal, $title:literal;)*) => {
        /// Every kind of diagnostic. The text of a code never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// `E0001`, `W0001` …
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// What it stands for, in a few words.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    Unreadable = "E0001", "a configuration file cannot be read";
    NotClosed = "E0002", "a block is not closed";
    QuoteNotClosed = "E0003", "a quoted text is not closed";
    BraceWithoutBlock = "E0004", "a brace stands where no block can start";
    BlockMissing = "E0005", "a keyword that opens a block has none";
    TooLarge = "E0006", "expansion or nesting goes past its bounds";
    IncludeLoop = "E0007", "a file includes itself";
    BadRepeat = "E0008", "a ~SEQ or ~LST cannot be understood";
    ArgumentMissing = "E0009", "a required argument is missing";
    NameMissing = "E0010", "a block that needs a name has none";
    NoVrid = "E0011", "a virtual router has no usable VRID";
    NoInterface = "E0012", "a virtual router has no interface";
    DuplicateVrid = "E0013", "two virtual routers share VRID, interface and family";
    NoAddress = "E0014", "a virtual router that must have an address has none";
    Swallowed = "E0015", "a top-level block stands inside another block";
    InvalidRouter = "E0016", "a virtual router cannot be built from its settings";
    OtherNamespace = "E0017", "the addresses belong into another network namespace";
    NodesDeaf = "E0030", "two nodes would not accept each other's adverts";
    UnknownKeyword = "W0001", "a keyword is not known here";
    NotYet = "W0002", "a keyword is known but not acted on yet";
    NoMeaning = "W0003", "a keyword is accepted and has no meaning here";
    InvalidValue = "W0004", "a value is not valid and is ignored";
    Adjusted = "W0005", "a value is rounded or limited";
    ExtraArguments = "W0006", "more arguments than the keyword takes";
    SurplusBrace = "W0007", "a closing brace closes nothing";
    Deprecated = "W0008", "an old spelling of a keyword";
    DuplicateName = "W0009", "a second block with the same name is ignored";
    Repeated = "W0010", "a setting is given twice";
    UnknownReference = "W0011", "a name is used that is not defined";
    DuplicateEntry = "W0012", "an entry stands twice in a list";
    OtherFamily = "W0013", "an address is of the other family";
    Conflict = "W0014", "a setting contradicts another and is dropped";
    Strict = "W0015", "strict mode overrides a setting";
    ScriptUnusable = "W0016", "a script cannot be run and is disabled";
    ScriptInsecure = "W0017", "a script that runs as root can be changed by others";
    UnknownUser = "W0018", "a user or group does not exist";
    UndefinedName = "W0019", "a $NAME is used that is not defined";
    LongLine = "W0020", "a line is longer than keepalived reads";
    IncludeSkipped = "W0021", "an include matches nothing usable";
    NotText = "W0022", "the file is not UTF-8 text";
    CommentInWord = "W0023", "a comment starts in the middle of a word";
    Unused = "W0024", "something is defined and never used";
    GroupTooSmall = "W0025", "a sync group without enough members";
    MissingArgument = "W0026", "an argument is missing and the keyword is ignored";
    AddressMissing = "W0027", "a virtual router without an address";
    SurprisingDefault = "W0028", "a default that is hardly meant";
    ServiceUnusable = "W0040", "a virtual server or a group of them is left out";
    CheckUseless = "W0041", "a health check that cannot do its job";
    Unchecked = "W0042", "a real server without a health check beside checked ones";
    CheckTooSlow = "W0043", "a health check may last longer than its interval";
    QuorumUnreachable = "W0044", "a quorum that is never gained again once it is lost";
    SorryIsServer = "W0045", "the sorry server is a real server too";
    SharedService = "W0046", "two virtual servers have a service in common";
    NotWatched = "W0050", "a route is not watched";
    TrackerUnusable = "W0051", "a tracker cannot be used and is left out";
    RelativePath = "W0052", "a path that depends on the directory";
    EmptyList = "W0053", "a list that names nothing";
    NotContinued = "W0100", "a backslash at the end of a line continues nothing";
    NotPortable = "W0101", "keepalived reads this otherwise than ha";
    NotReplaced = "W0102", "a $NAME that is defined stays as it is written";
    WeightWithoutEffect = "W0060", "a tracking weight that can never move the addresses";
    WeightWithNopreempt = "W0061", "a tracking weight that nopreempt makes useless";
    Lockout = "W0062", "strict mode keeps clients out";
    UnicastAlone = "W0063", "unicast settings that reach nobody";
    MixedPriorities = "W0064", "members of a sync group that differ in priority";
    AdvertTooLarge = "W0065", "an advert larger than the network carries";
    NodesDiffer = "W0066", "two nodes differ in what should be the same";
    EqualPriorities = "W0067", "two nodes have the same priority";
    SameRole = "W0068", "two nodes are both meant to be master";
    InterfaceUnfit = "W0070", "an interface of this host is missing or cannot do its job";
    OutsideNetwork = "W0071", "an address outside the networks of its interface";
    AddressElsewhere = "W0072", "an address of this host is where it should not be";
    HostLacks = "W0073", "this host or its kernel lacks something that is needed";
}

impl Code {
    /// Errors start with E.
    #[must_use]
    pub fn severity(self) -> Severity {
        if self.text().starts_with('E') { Severity::Error } else { Severity::Warning }
    }
}

/// A second place that belongs to a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// What is there: "first defined here".
    pub note: String,
    /// Where.
    pub span: Span,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind.
    pub code: Code,
    /// Where; absent only when the file itself could not be read.
    pub span: Option<Span>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to do about it, or what happens now; empty when the message says it all.
    pub remedy: String,
    /// Other places that belong to it.
    pub related: Vec<Related>,
}

impl Diagnostic {
    /// A finding of `code` at `span`.
    #[must_use]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, span: Some(span), message, remedy: String::new(), related: Vec::new() }
    }

    /// The same with a remedy.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }

    /// The same with another place.
    #[must_use]
    pub fn related(mut self, note: impl Into<String>, span: Span) -> Self {
        self.related.push(Related { note: note.into(), span });
        self
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// Findings, in the order they came. Of each severity only so many are kept: a file of a million
/// mistakes is wrong in the same way as one of ten thousand.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    kept: Vec<Diagnostic>,
    errors: usize,
    warnings: usize,
}

impl Findings {
    /// Errors, and warnings, that are kept at most.
    const MOST: usize = 10_000;

    /// Keep `diagnostic` if there is room.
    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        let count = match diagnostic.severity() {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
        };
        *count += 1;
        if *count <= Self::MOST {
            self.kept.push(diagnostic);
        }
    }

    /// What was kept.
    pub(super) fn into_vec(self) -> Vec<Diagnostic> {
        self.kept
    }
}
