//! The items that the tests and the fuzz targets use. No other program may use them: they change with the code.

#![allow(missing_docs, reason = "the items have their own")]

pub mod command {
    pub use crate::command::look::Seen;
    pub mod check_expiry {
        pub use crate::command::check_expiry::of;
    }
    pub mod status {
        pub use crate::command::status::of;
    }
}
pub mod core {
    pub mod binding {
        pub use crate::core::binding::{BoundBy, bind};
    }
    pub mod change {
        pub use crate::core::change::{changes, delivered, new_entry, new_shape, refusal, shape, shape_in_sqlite};
    }
    pub mod decide {
        pub use crate::core::decide::Decider;
    }
    pub mod judge {
        pub use crate::core::judge::{Case, judge};
    }
    pub mod outcome {
        pub use crate::core::outcome::{code, code_without_source};
    }
    pub mod own_lineage {
        pub use crate::core::own_lineage::{has_own_refresh, renews_itself};
    }
}
pub mod model {
    pub mod border {
        pub use crate::model::border::Border;
    }
    pub mod decision {
        pub use crate::model::decision::Judgement;
    }
    pub mod exit {
        pub use crate::model::exit::{Code, TABLE};
    }
    pub mod fence {
        pub use crate::model::fence::Fence;
    }
    pub mod installation {
        pub use crate::model::installation::{Agent, Era, InstallSettings, SecretProvider, StateDir};
    }
    pub mod inventory {
        pub use crate::model::inventory::{Cooldown, Database, Installation, Inventory, RowHome, Store, StoreState};
    }
    pub mod item {
        pub use crate::model::item::{Action, Item, Outcome, Written};
    }
    pub mod journal {
        pub use crate::model::journal::Journal;
    }
    pub mod json_edit {
        pub use crate::model::json_edit::{Change, apply, set};
    }
    pub mod json_text {
        pub use crate::model::json_text::{Malformed, find, members};
    }
    pub mod jwt {
        pub use crate::model::jwt::{claims, openai_identity, times};
    }
    pub mod kept {
        pub use crate::model::kept::{FIELDS, Kept};
        pub use crate::model::kept_file::KeptFile;
    }
    pub mod lineage {
        pub use crate::model::lineage::{Dates, Entry, is_newer};
    }
    pub mod login {
        pub use crate::model::login::{Expiry, Identity, Login, MARGIN_MS};
    }
    pub mod policy {
        pub use crate::model::policy::{LinkWay, Share};
    }
    pub mod problem {
        pub use crate::model::problem::{Problem, Severity};
    }
    pub mod profile {
        pub use crate::model::profile::{Profile, ProfileKind, Reference, parse};
    }
    pub mod reason {
        pub use crate::model::reason::Reason;
    }
    pub mod recent {
        pub use crate::model::recent::Tokens;
    }
    pub mod record {
        pub use crate::model::record::{Delivered, Record};
    }
    pub mod secret {
        pub use crate::model::secret::{Fingerprint, Secret, Token, sha256_hex};
    }
    pub mod source {
        pub use crate::model::source::{Source, SourceKind, SourceState};
    }
    pub mod source_id {
        pub use crate::model::source_id::SourceId;
    }
    pub mod verdict {
        pub use crate::model::verdict::{Shape, Verdict};
    }
    pub mod version {
        pub use crate::model::version::Version;
    }
}
pub mod openclaw {
    pub mod install {
        pub mod config_file {
            pub use crate::openclaw::install::config_file::substitute;
        }
        pub mod settings {
            pub use crate::openclaw::install::settings::{of, read};
        }
    }
    pub mod json {
        pub mod cooldown {
            pub use crate::openclaw::json::cooldown::{lift, read};
        }
        pub mod store_text {
            pub use crate::openclaw::json::store_text::{parse, text, with_profile};
        }
    }
    pub mod link {
        pub mod exec_protocol {
            pub use crate::openclaw::link::exec_protocol::{Failure, answer, id, parse, source_of};
        }
    }
    pub mod lock {
        pub mod holder {
            pub use crate::openclaw::lock::holder::{Payload, REFRESH_MS};
        }
    }
}
pub mod refresh {
    pub use crate::refresh::Fresh;
    pub mod http {
        pub mod answer {
            pub use crate::refresh::http::answer::{Answer, DEAD, ON_HOLD, WORDS, judge};
        }
        pub mod post {
            pub use crate::refresh::http::post::{Ask, CLAUDE_CLIENT, CODEX_CLIENT, LIMIT, NoReply, Reply, post};
        }
        pub mod proxy {
            pub use crate::refresh::http::proxy::Proxy;
        }
    }
    pub mod lock {
        pub mod claude {
            pub use crate::refresh::lock::claude::Lock;
        }
        pub mod codex {
            pub use crate::refresh::lock::codex::Lock;
        }
    }
    pub mod login_file {
        pub use crate::refresh::login_file::{LoginFile, Posted};
    }
    pub mod official_cli {
        pub use crate::refresh::official_cli::{Call, Called, Ended, call_within};
    }
}
pub mod report {
    pub use crate::report::line::line;
    pub use crate::report::tables::last_line;
    pub use crate::report::{State, Thresholds};
}
pub mod settings {
    pub mod cli {
        pub use crate::settings::cli::{CheckExpiry, Cli, Command};
    }
    pub mod env {
        pub use crate::settings::env::Env;
    }
    pub mod file {
        pub use crate::settings::file::{ConfigFile, RefreshFile};
    }
    pub mod options {
        pub use crate::settings::options::Options;
    }
    pub mod refresh {
        pub use crate::settings::refresh::RefreshSettings;
    }
}
pub mod source {
    pub use crate::source::{read_login, state};
    pub mod claude_account {
        pub use crate::source::claude_account::of;
    }
    pub mod codex {
        pub use crate::source::codex_config::store_of;
    }
    pub mod document {
        pub use crate::source::document::Document;
    }
    pub mod minimax {
        pub use crate::source::minimax::{of_bridge, of_mmx};
    }
    pub mod qwen {
        pub use crate::source::qwen::state;
    }
}
pub mod sync {
    pub use crate::sync::items;
    pub mod exit_code {
        pub use crate::sync::exit_code::of;
        pub use crate::sync::opening::Opening;
    }
    pub mod remember {
        pub use crate::sync::remember::{profiles, sources};
    }
    pub mod warn {
        pub use crate::sync::warn::drift;
    }
    pub mod link_one {
        pub use crate::sync::link_one::{Linking, Request, create};
    }
}
pub mod sys {
    pub mod fs {
        pub mod read {
            pub use crate::sys::fs::read::FileId;
        }
    }
    pub mod json5 {
        pub use crate::sys::json5::parse_json5;
    }
    pub mod locked {
        pub use crate::sys::locked::Blocked;
    }
    pub mod process {
        pub mod alive {
            pub use crate::sys::process::alive::start_time;
        }
        pub mod host {
            pub use crate::sys::process::host::{Host, own};
        }
    }
    pub mod signal {
        pub use crate::sys::signal::{listen, received};
    }
    pub mod url {
        pub use crate::sys::url::SafeUrl;
    }
}
