#include "evaluations/record.hpp"

#include "otlp/build.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <future>
#include <memory>

namespace ark::evaluations {
namespace {

constexpr std::string_view scope_name = "ark.evaluations";
constexpr std::string_view controller_scope = "ark/controller";  // emit::ExporterConfig::scope
constexpr std::string_view id_key = "evaluationId";
constexpr std::uint32_t severity_info = 9;

constexpr std::array<std::pair<Record::Kind, std::string_view>, 5> reasons{
    {{Record::Kind::started, "EvaluationStart"},
     {Record::Kind::changed, "EvaluationChanged"},
     {Record::Kind::done, "EvaluationComplete"},
     {Record::Kind::failed, "EvaluationError"},
     {Record::Kind::canceled, "EvaluationCanceled"}}};

const std::pair<Record::Kind, std::string_view>* find_reason(std::string_view reason) {
    const auto known =
        std::find_if(reasons.begin(), reasons.end(), [&](const auto& each) { return each.second == reason; });
    return known == reasons.end() ? nullptr : &*known;
}

void add_text(otlp::ValueMap& attributes, std::string_view key, const std::string& text) {
    if (!text.empty()) attributes.emplace_back(std::string(key), otlp::Value(text));
}

otlp::ValueMap attributes_of(const Record& record) {
    otlp::ValueMap attributes;
    add_text(attributes, id_key, record.id);
    add_text(attributes, "evaluationName", record.name);
    attributes.emplace_back("evaluator", otlp::Value("ark"));
    // Not queryId and sessionId: judging a query is no part of it, and must not move its end, its counts or its state.
    add_text(attributes, "evaluatedQuery", record.subject.query);
    add_text(attributes, "evaluatedSession", record.subject.session);
    if (record.kind == Record::Kind::changed || record.kind == Record::Kind::done) {
        attributes.emplace_back("passed", otlp::Value(record.passed));
        attributes.emplace_back("score", otlp::Value(record.score));
    }
    if (record.has_previous) {
        attributes.emplace_back("previousPassed", otlp::Value(record.previous_passed));
        attributes.emplace_back("previousScore", otlp::Value(record.previous_score));
    }
    return attributes;
}

void take(Record& record, const model::AttributeView& attribute) {
    const auto& [key, value] = attribute;
    if (key == id_key) record.id = value.text;
    if (key == "evaluationName") record.name = value.text;
    if (key == "evaluatedQuery") record.subject.query = value.text;
    if (key == "evaluatedSession") record.subject.session = value.text;
    if (key == "passed") record.passed = value.boolean;
    if (key == "score") record.score = value.real;
    if (key == "previousPassed") {
        record.previous_passed = value.boolean;
        record.has_previous = true;
    }
    if (key == "previousScore") record.previous_score = value.real;
}

}  // namespace

std::string_view reason_of(Record::Kind kind) {
    return std::find_if(reasons.begin(), reasons.end(), [kind](const auto& each) { return each.first == kind; })
        ->second;
}

std::shared_ptr<model::Batch> batch_of(const Record& record, std::string_view tenant, UnixNanos now) {
    otlp::LogRecord event;
    event.time = event.observed = now;
    event.severity_number = severity_info;
    event.severity_text = "Normal";
    event.event_name = reason_of(record.kind);
    event.body = otlp::Value(record.body);
    event.attributes = attributes_of(record);
    model::BatchHeader header;
    header.kind = model::BatchKind::logs;
    header.item_count = 1;
    header.received = header.time_min = header.time_max = now;
    header.tenant = tenant;
    const otlp::Scope scope{std::string(scope_name), {}};
    auto payload = Buffer::copy_of(otlp::encode_logs({}, scope, {event}));
    return std::make_shared<model::Batch>(std::move(header), std::move(payload));
}

Result<journal::Receipt> append_and_wait(journal::Journal& journal, std::shared_ptr<model::Batch> batch) {
    // Shared: the writer's thread may still be inside set_value() when we are woken.
    const auto promise = std::make_shared<std::promise<Result<journal::Receipt>>>();
    auto done = promise->get_future();
    journal.append(std::move(batch),
                   [promise](Result<journal::Receipt> receipt) { promise->set_value(std::move(receipt)); });
    return done.get();
}

bool is_our_own(const items::Item& item) {
    if (item.type != items::ItemType::event || item.log->scope == nullptr) return false;
    const auto scope = item.log->scope->name;
    return scope == scope_name || (scope == controller_scope && find_reason(item.reason_as_sent) != nullptr);
}

bool may_hold_records(const model::Batch& batch) {
    const auto payload = batch.payload();
    return batch.header().kind == model::BatchKind::logs &&
           ::memmem(payload.data(), payload.size(), id_key.data(), id_key.size()) != nullptr;
}

std::optional<Record> read_record(const items::Item& item) {
    if (!is_our_own(item)) return std::nullopt;
    const auto* known = find_reason(item.reason_as_sent);
    if (known == nullptr) return std::nullopt;
    Record record;
    record.kind = known->first;
    record.elsewhere = item.log->scope->name == controller_scope;
    auto attributes = item.log->attributes();
    model::AttributeView attribute;
    while (attributes.next(attribute))
        take(record, attribute);
    if (item.log->body.type == model::ValueView::Type::string) record.body = item.log->body.text;
    if (record.id.empty()) return std::nullopt;
    return record;
}

}  // namespace ark::evaluations
