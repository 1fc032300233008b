//! Plans, wishes, diets, appointments, questionnaires and the notes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::builder::{Builder, Resource, cell, concept, moment, period, text};
use crate::node::Node;
use crate::source::{Dated, Note};

pub fn plans(builder: &mut Builder) {
    for plan in &builder.source.plan {
        let resource = builder
            .resource("CarePlan")
            .with("status", plan.status.as_deref().unwrap_or("active"))
            .with("intent", "plan")
            .maybe("title", plan.name.as_ref())
            .with("description", &plan.text)
            .with("subject", builder.subject())
            .maybe("encounter", builder.encounter_at(&plan.on))
            .with("period", period(&plan.on, plan.end.as_ref()))
            .with("created", moment(&plan.on))
            .note(plan.note.as_ref());
        builder.push(resource);
    }
}

pub fn goals(builder: &mut Builder) {
    for goal in &builder.source.goal {
        let resource = builder
            .resource("Goal")
            .with("lifecycleStatus", goal.status.as_deref().unwrap_or("active"))
            .with("description", text(&goal.text))
            .with("subject", builder.subject())
            .with("startDate", &goal.on)
            .note(goal.note.as_ref());
        builder.push(resource);
    }
}

pub fn appointments(builder: &mut Builder) {
    for appointment in &builder.source.appointment {
        let actor = Node::object().with("actor", builder.subject()).with("status", "accepted");
        let resource = builder
            .resource("Appointment")
            .with("status", appointment.status.as_deref().unwrap_or("booked"))
            .maybe("serviceType", appointment.name.as_deref().map(|name| Node::List(vec![text(name)])))
            .with("description", &appointment.text)
            .with("start", instant(&appointment.on))
            .maybe("comment", appointment.note.as_ref())
            .with("participant", vec![actor]);
        builder.push(resource);
    }
}

pub fn consents(builder: &mut Builder) {
    const SCOPE: &str = "http://terminology.hl7.org/CodeSystem/consentscope";
    for consent in &builder.source.consent {
        let resource = builder
            .resource("Consent")
            .with("status", "active")
            .with("scope", concept(SCOPE, "adr"))
            .with("category", vec![text(consent.name.as_deref().unwrap_or("事前指示"))])
            .with("patient", builder.subject())
            .with("dateTime", moment(&consent.on));
        let kind = if consent.refused { "deny" } else { "permit" };
        let provision = Node::object().with("type", kind).with("code", vec![text(&consent.text)]);
        builder.push(resource.with("policyRule", text(&consent.text)).with("provision", provision));
    }
}

pub fn diets(builder: &mut Builder) {
    for diet in &builder.source.diet {
        let oral = Node::object()
            .some("type", diet.name.as_deref().map(text).into_iter().collect())
            .with("instruction", &diet.text);
        let resource = builder
            .resource("NutritionOrder")
            .with("status", diet.status.as_deref().unwrap_or("active"))
            .with("intent", "order")
            .with("patient", builder.subject())
            .maybe("encounter", builder.encounter_at(&diet.on))
            .with("dateTime", moment(&diet.on))
            .with("oralDiet", oral)
            .note(diet.note.as_ref());
        builder.push(resource);
    }
}

pub fn flags(builder: &mut Builder) {
    for flag in &builder.source.flag {
        let resource = builder
            .resource("Flag")
            .with("status", flag.status.as_deref().unwrap_or("active"))
            .some("category", flag.name.as_deref().map(text).into_iter().collect())
            .with("code", text(&flag.text))
            .with("subject", builder.subject())
            .with("period", period(&flag.on, flag.end.as_ref()));
        builder.push(resource);
    }
}

pub fn orders(builder: &mut Builder) {
    for order in &builder.source.order {
        let mut resource = builder.resource("ServiceRequest");
        let requester = author(builder, &mut resource, order);
        let resource = resource
            .with("status", order.status.as_deref().unwrap_or("active"))
            .with("intent", "order")
            .some("category", order.name.as_deref().map(text).into_iter().collect())
            .with("code", text(&order.text))
            .with("subject", builder.subject())
            .maybe("encounter", builder.encounter_at(&order.on))
            .with("authoredOn", moment(&order.on))
            .maybe("requester", requester)
            .note(order.note.as_ref());
        builder.push(resource);
    }
}

fn author(builder: &mut Builder, resource: &mut Resource, dated: &Dated) -> Option<Node> {
    dated.by.as_deref().map(|id| builder.practitioner(resource, id))
}

pub fn forms(builder: &mut Builder) {
    for form in &builder.source.form {
        let mut resource = builder.resource("QuestionnaireResponse");
        let by = form.by.as_deref().map(|id| builder.practitioner(&mut resource, id));
        let mut items = Vec::new();
        for (index, row) in form.rows.iter().enumerate() {
            let answer = cell(row, 1).expect("a row of a form has an answer");
            items.push(
                Node::object()
                    .with("linkId", (index + 1).to_string())
                    .with("text", format!("{} {}", form.name, cell(row, 0).expect("a row of a form has a question")))
                    .with("answer", vec![Node::object().with("valueString", answer)]),
            );
        }
        let resource = resource
            .with("status", "completed")
            .with("subject", builder.subject())
            .maybe("encounter", builder.encounter_at(&form.on))
            .with("authored", moment(&form.on))
            .maybe("author", by)
            .with("item", items);
        builder.push(resource);
    }
}

/// Notes that are no section of a Composition.
pub fn notes(builder: &mut Builder) {
    for note in builder.source.note.iter().filter(|note| note.section.is_none()) {
        push_note(builder, note);
    }
}

fn push_note(builder: &mut Builder, note: &Note) {
    let mut resource = builder.resource("DocumentReference");
    let by = note.by.as_deref().map(|id| builder.practitioner(&mut resource, id));
    let attachment = Node::object()
        .with("contentType", "text/plain;charset=UTF-8")
        .with("language", "ja")
        .with("data", STANDARD.encode(note.text.trim()))
        .with("title", &note.title);
    let context = builder.encounter_at(&note.on).map(|encounter| Node::object().with("encounter", vec![encounter]));
    let resource = resource
        .with("status", "current")
        .with("type", text(&note.title))
        .with("subject", builder.subject())
        .with("date", instant(&note.on))
        .some("author", by.into_iter().collect())
        .with("description", &note.title)
        .with("content", vec![Node::object().with("attachment", attachment)])
        .maybe("context", context);
    builder.push(resource);
}

/// An instant always has a time of day: a bare date becomes noon.
fn instant(date: &str) -> String {
    if date.len() == 10 { format!("{date}T12:00:00+09:00") } else { moment(date) }
}
