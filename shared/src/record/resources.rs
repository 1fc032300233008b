//! The resource types that Fude reads, as narrow structs. A field that no fact needs is not here.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::types::{
    Address, Annotation, Attachment, CodeableConcept, Coding, ContactPoint, Extension, HumanName, Identifier,
    Narrative, Period, Quantity, Range, Ratio, Reference, Text,
};

/// Declares structs in which every field is optional and borrows from the record.
macro_rules! resources {
    ($( $(#[$doc:meta])* $name:ident { $( $(#[$fm:meta])* $field:ident : $ty:ty ),* $(,)? } )*) => {
        $( $(#[$doc])*
        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        pub struct $name<'a> { $( $(#[$fm])* #[serde(borrow)] pub $field: $ty ),* } )*
    };
}

type T<'a> = Option<Text<'a>>;
type C<'a> = Option<CodeableConcept<'a>>;
type R<'a> = Option<Reference<'a>>;

resources! {
    ContainedHead { resource_type: T<'a>, id: T<'a>, identifier: Vec<Identifier<'a>>, name: Option<&'a RawValue> }
    Patient { id: T<'a>, identifier: Vec<Identifier<'a>>, name: Vec<HumanName<'a>>, telecom: Vec<ContactPoint<'a>>,
        gender: T<'a>, birth_date: T<'a>, deceased_date_time: T<'a>, address: Vec<Address<'a>>,
        contact: Vec<PatientContact<'a>>, link: Vec<PatientLink<'a>> }
    PatientContact { name: Option<HumanName<'a>>, telecom: Vec<ContactPoint<'a>>, address: Option<Address<'a>> }
    PatientLink { other: R<'a> }
    /// RelatedPerson and Practitioner: people whose names must not reach the model.
    Person { name: Vec<HumanName<'a>>, telecom: Vec<ContactPoint<'a>>, address: Vec<Address<'a>>,
        identifier: Vec<Identifier<'a>>, relationship: Vec<CodeableConcept<'a>>, patient: R<'a> }
    Organization { name: T<'a>, telecom: Vec<ContactPoint<'a>>, address: Vec<Address<'a>>, r#type: Vec<CodeableConcept<'a>> }
    Coverage { subscriber_id: T<'a>, identifier: Vec<Identifier<'a>> }
    Encounter { identifier: Vec<Identifier<'a>>, status: T<'a>, class: Option<Coding<'a>>, r#type: Vec<CodeableConcept<'a>>, period: Option<Period<'a>>,
        reason_code: Vec<CodeableConcept<'a>>, hospitalization: Option<Hospitalization<'a>>, location: Vec<EncounterLocation<'a>>,
        service_type: C<'a>, participant: Vec<Participant<'a>>, diagnosis: Vec<EncounterDiagnosis<'a>> }
    Hospitalization { admit_source: C<'a>, discharge_disposition: C<'a>, destination: R<'a> }
    EncounterLocation { location: R<'a> }
    Participant { individual: R<'a> }
    EncounterDiagnosis { condition: R<'a>, r#use: C<'a> }
    Location { identifier: Vec<Identifier<'a>>, name: T<'a> }
    Condition { extension: Vec<Extension<'a>>, clinical_status: C<'a>, verification_status: C<'a>, category: Vec<CodeableConcept<'a>>,
        code: C<'a>, body_site: Vec<CodeableConcept<'a>>, encounter: R<'a>, onset_date_time: T<'a>, onset_string: T<'a>,
        abatement_date_time: T<'a>, recorded_date: T<'a>, note: Vec<Annotation<'a>> }
    AllergyIntolerance { clinical_status: C<'a>, verification_status: C<'a>, criticality: T<'a>, code: C<'a>,
        recorded_date: T<'a>, onset_date_time: T<'a>, reaction: Vec<Reaction<'a>>, note: Vec<Annotation<'a>> }
    Reaction { manifestation: Vec<CodeableConcept<'a>>, substance: C<'a>, description: T<'a> }
    /// MedicationRequest, MedicationStatement and MedicationAdministration share what is read of them.
    MedicationUse { category: Option<&'a RawValue>, status: T<'a>, status_reason: Option<&'a RawValue>,
        medication_codeable_concept: C<'a>, medication_reference: R<'a>, encounter: R<'a>, context: R<'a>,
        authored_on: T<'a>, date_asserted: T<'a>, effective_date_time: T<'a>, effective_period: Option<Period<'a>>,
        dosage_instruction: Vec<Dosage<'a>>, dosage: Option<&'a RawValue>, dispense_request: Option<DispenseRequest<'a>>,
        reason_code: Vec<CodeableConcept<'a>>, note: Vec<Annotation<'a>>, contained: Vec<ContainedMedication<'a>> }
    ContainedMedication { id: T<'a>, code: Option<&'a RawValue> }
    Medication { identifier: Vec<Identifier<'a>>, code: C<'a> }
    Dosage { text: T<'a>, timing: Option<Timing<'a>>, as_needed_boolean: Option<&'a RawValue>, as_needed_codeable_concept: C<'a>, route: C<'a>,
        additional_instruction: Vec<CodeableConcept<'a>>, dose_and_rate: Vec<DoseAndRate<'a>>, extension: Vec<Extension<'a>>,
        patient_instruction: T<'a> }
    /// What of a dosage says from when to when.
    DosageSpan { timing: Option<TimingSpan<'a>>, extension: Vec<Extension<'a>> }
    TimingSpan { repeat: Option<RepeatSpan<'a>> }
    RepeatSpan { bounds_period: Option<Period<'a>> }
    Timing { code: C<'a>, repeat: Option<Repeat<'a>> }
    Repeat { bounds_duration: Option<Quantity<'a>>, bounds_period: Option<Period<'a>>, frequency: Option<&'a RawValue>,
        period: Option<&'a RawValue>, period_unit: T<'a> }
    DoseAndRate { dose_quantity: Option<Quantity<'a>>, rate_ratio: Option<Ratio<'a>> }
    DispenseRequest { expected_supply_duration: Option<Quantity<'a>> }
    Observation { status: T<'a>, category: Vec<CodeableConcept<'a>>, code: C<'a>, encounter: R<'a>,
        effective_date_time: T<'a>, effective_period: Option<Period<'a>>, effective_instant: T<'a>, issued: T<'a>, value_quantity: Option<Quantity<'a>>,
        value_codeable_concept: C<'a>, value_string: T<'a>, value_boolean: Option<&'a RawValue>, value_integer: Option<&'a RawValue>,
        value_range: Option<Box<Range<'a>>>, value_ratio: Option<Box<Ratio<'a>>>, value_date_time: T<'a>,
        data_absent_reason: C<'a>, interpretation: Vec<CodeableConcept<'a>>, note: Vec<Annotation<'a>>, body_site: C<'a>,
        method: C<'a>, specimen: R<'a>, component: Vec<Component<'a>> }
    Component { code: C<'a>, value_quantity: Option<Quantity<'a>>, value_codeable_concept: C<'a>, value_string: T<'a> }
    Specimen { identifier: Vec<Identifier<'a>>, r#type: C<'a> }
    DiagnosticReport { status: T<'a>, code: C<'a>, encounter: R<'a>, effective_date_time: T<'a>, issued: T<'a>, conclusion: T<'a>,
        presented_form: Vec<Attachment<'a>> }
    Procedure { status: T<'a>, code: C<'a>, category: C<'a>, encounter: R<'a>, performed_date_time: T<'a>,
        performed_period: Option<Period<'a>>, body_site: Vec<CodeableConcept<'a>>, note: Vec<Annotation<'a>>, outcome: C<'a> }
    Immunization { status: T<'a>, vaccine_code: C<'a>, occurrence_date_time: T<'a> }
    FamilyMemberHistory { relationship: C<'a>, condition: Vec<FamilyCondition<'a>>, note: Vec<Annotation<'a>> }
    FamilyCondition { code: C<'a>, note: Vec<Annotation<'a>>, onset_age: Option<Quantity<'a>> }
    /// CarePlan, Goal, Flag, ServiceRequest, NutritionOrder, Appointment, Device, DeviceUseStatement, Consent: what a line can say of them.
    Plain { status: T<'a>, lifecycle_status: T<'a>, achievement_status: C<'a>, title: T<'a>, code: Option<&'a RawValue>, category: Option<&'a RawValue>, description: Option<&'a RawValue>, comment: T<'a>,
        start: T<'a>, created: T<'a>, date_time: T<'a>, authored_on: T<'a>, occurrence_date_time: T<'a>, recorded_on: T<'a>, start_date: T<'a>,
        period: Option<Period<'a>>, encounter: R<'a>, r#type: Option<&'a RawValue>, note: Vec<Annotation<'a>>, device_name: Vec<DeviceName<'a>>,
        device: R<'a>, oral_diet: Option<OralDiet<'a>>, provision: Option<Provision<'a>>, timing_date_time: T<'a>,
        timing_period: Option<Period<'a>>, body_site: Option<&'a RawValue>, date: T<'a>, activity: Vec<Activity<'a>> }
    DeviceName { name: T<'a> }
    OralDiet { r#type: Vec<CodeableConcept<'a>>, texture: Vec<Texture<'a>>, fluid_consistency_type: Vec<CodeableConcept<'a>>, instruction: T<'a> }
    Texture { modifier: C<'a> }
    Provision { r#type: T<'a>, code: Vec<CodeableConcept<'a>> }
    Activity { detail: Option<ActivityDetail<'a>> }
    ActivityDetail { code: C<'a>, description: T<'a>, status: T<'a> }
    QuestionnaireResponse { authored: T<'a>, encounter: R<'a>, item: Vec<QuestionnaireItem<'a>> }
    QuestionnaireItem { link_id: T<'a>, text: T<'a>, answer: Vec<Answer<'a>>, item: Vec<QuestionnaireItem<'a>> }
    Answer { value_string: T<'a>, value_coding: Option<Coding<'a>>, value_integer: Option<&'a RawValue>,
        value_decimal: Option<&'a RawValue>, value_boolean: Option<&'a RawValue>, value_date: T<'a>, value_quantity: Option<Quantity<'a>> }
    Composition { r#type: C<'a>, date: T<'a>, title: T<'a>, encounter: R<'a>, section: Vec<CompositionSection<'a>>, text: Option<Narrative<'a>> }
    CompositionSection { title: T<'a>, code: C<'a>, text: Option<Narrative<'a>>, section: Vec<CompositionSection<'a>> }
    DocumentReference { status: T<'a>, r#type: C<'a>, category: Vec<CodeableConcept<'a>>, date: T<'a>, description: T<'a>,
        author: Vec<Reference<'a>>, content: Vec<DocumentContent<'a>>, context: Option<DocumentContext<'a>> }
    DocumentContent { attachment: Option<Attachment<'a>> }
    DocumentContext { encounter: Vec<Reference<'a>>, period: Option<Period<'a>> }
    Binary { content_type: T<'a>, data: T<'a> }
}
