//! The pages: which address answers what.

mod acts;
mod by_hand;
mod finalise;
mod new;
mod papers;
mod review;
mod sign_in;
mod statics;
mod worklist;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::desk::Desk;

pub fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/", get(worklist::show))
        .route("/look-up", post(worklist::look_up))
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .route("/session", get(sign_in::session))
        .route("/static/{file}", get(statics::file))
        .route("/new", post(new::begin))
        .route("/new/{work}", get(new::show).post(new::change))
        .route("/new/{work}/kept", post(new::keep))
        .route("/new/{work}/draft", post(new::draft))
        .route("/new/{work}/discard", post(new::discard))
        .route("/new/{work}/progress", get(new::progress))
        .route("/new/{work}/state", get(new::state))
        .route("/new/{work}/by-hand", get(by_hand::show).post(by_hand::save))
        .route("/new/{work}/paper", get(by_hand::paper))
        .route("/documents/{id}", get(review::show))
        .route("/documents/{id}/kept", post(acts::keep))
        .route("/documents/{id}/discard", post(acts::discard))
        .route("/documents/{id}/revise", post(acts::revise))
        .route("/documents/{id}/again", post(acts::again))
        .route("/documents/{id}/withdraw", post(acts::withdraw))
        .route("/documents/{id}/issue", post(acts::issue))
        .route("/documents/{id}/finalise", get(finalise::show).post(finalise::finalise))
        .route("/documents/{id}/versions", get(papers::versions))
        .route("/documents/{id}/print", get(papers::print))
        .route("/documents/{id}/paper", get(papers::paper))
        .route("/documents/{id}/text", get(papers::text))
        .fallback(|| async { crate::failure::Failure::NotFound })
}
