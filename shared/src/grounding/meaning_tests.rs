//! The checks of meaning over whole tables: true sentences that must pass all checks, wrong ones that one of the
//! checks of meaning must catch, and what the staged patients' facts yield, word for word and altered.

mod staged;
mod true_sentences;
mod wrong_sentences;
