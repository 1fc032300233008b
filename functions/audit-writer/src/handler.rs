//! One invocation: which hospitals, and what to answer. The opposite of an HTTP handler: what
//! failed is reported, so that it is delivered again.

use lambda_runtime::LambdaEvent;

use crate::error::Error;
use crate::event::{BatchAnswer, Invocation, StreamBatch};
use crate::metric;
use crate::writer::Writer;

pub struct Handler {
    writer: Writer,
}

impl Handler {
    pub const fn new(writer: Writer) -> Self {
        Self { writer }
    }

    pub async fn respond(&self, event: LambdaEvent<Invocation>) -> Result<BatchAnswer, Error> {
        match event.payload {
            Invocation::Stream(batch) => Ok(self.take(batch).await),
            Invocation::Schedule(schedule) => {
                tracing::debug!(event.kind = schedule.detail_type, "sweeping");
                self.sweep().await
            }
        }
    }

    /// A hospital whose log stands does not hold up another's.
    async fn take(&self, batch: StreamBatch) -> BatchAnswer {
        if let Some(seconds) = batch.clock_offset() {
            metric::emit(&metric::clock_offset(fude_aws::audit::now(), seconds));
        }
        let (shares, strange) = batch.shares();
        if strange > 0 {
            tracing::error!(rows = strange, "event rows with unknown keys cannot be logged");
        }
        let mut answer = BatchAnswer::default();
        for (hospital, share) in shares {
            if let Err(error) = self.writer.append(&hospital, &share.keys).await {
                report(&hospital, &error);
                answer.fail(share.positions);
            }
        }
        answer
    }

    /// Logs what a stream lost and finishes what a crash left, found by the sparse index.
    async fn sweep(&self) -> Result<BatchAnswer, Error> {
        let pending = self.writer.pending().await?;
        metric::emit(&metric::oldest_pending_event(fude_aws::audit::now(), pending.oldest));
        let mut last = Ok(BatchAnswer::default());
        for (hospital, keys) in pending.by_hospital {
            if let Err(error) = self.writer.append(&hospital, &keys).await {
                report(&hospital, &error);
                last = Err(error);
            }
        }
        last
    }
}

fn report(hospital: &str, error: &Error) {
    if let Some(code) = error.stop_code() {
        metric::emit(&metric::log_stopped(fude_aws::audit::now(), hospital, code));
        tracing::error!(hospital.id = hospital, %error, "a person has to look: trying again changes nothing");
    } else {
        tracing::warn!(hospital.id = hospital, %error, "events could not be logged yet");
    }
}
