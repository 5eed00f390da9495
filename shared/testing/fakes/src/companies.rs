//! The companies that carry texts: the one list of their stand-ins.

mod aws;
mod messagecentral;
mod plivo;
mod twilio;
mod vonage;

use crate::company::Company;

pub use aws::*;
pub use messagecentral::*;
pub use plivo::*;
pub use twilio::*;
pub use vonage::*;

macro_rules! companies {
    ($($name:ident: $company:ident,)*) => {
        /// All of them, each at an address of its own.
        pub struct Companies {
            $(#[doc = concat!("[`", stringify!($company), "`].")] pub $name: $company,)*
        }

        impl Companies {
            /// Their names, in the order of [`Self::all`].
            pub const NAMES: [&str; [$(stringify!($name)),*].len()] = [$(stringify!($name)),*];

            /// Starts each, for a product that is known at this address.
            pub async fn start(public_url: &str) -> Self {
                Self { $($name: $company::open(public_url).await,)* }
            }

            /// Each of them.
            pub fn all(&self) -> [&dyn Company; Self::NAMES.len()] {
                [$(&self.$name),*]
            }
        }
    };
}

companies! {
    messagecentral: MessageCentral,
    twilio: Twilio,
    vonage: Vonage,
    plivo: Plivo,
    aws: AwsSms,
}

impl Companies {
    /// The one of this name.
    pub fn named(&self, name: &str) -> &dyn Company {
        let found = self.all().into_iter().find(|company| company.name() == name);
        found.unwrap_or_else(|| panic!("no company is called {name}"))
    }
}
