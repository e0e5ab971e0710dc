#include "runs/recall.hpp"

#include "base/duration.hpp"
#include "codec/json_writer.hpp"
#include "runs/status.hpp"

#include <fmt/format.h>

namespace ark::runs {
namespace {

namespace key = emit::key;
using codec::JsonValue;

constexpr std::string_view conversation_path = "memory/conversation";
constexpr std::string_view read_path = "memory/retrieve";
constexpr std::string_view storing_path = "memory/storing";
constexpr std::string_view store_path = "memory/store";
constexpr unsigned recall_attempts_max = 3;

agents::Step step_of(std::string_view path, std::string inputs, std::string result) {
    agents::Step step;
    step.path = path;
    step.kind = "memory";
    step.inputs = std::move(inputs);
    step.result = std::move(result);
    return step;
}

std::string record_of(const History& history, std::string_view error) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().key("messages").begin_array();
    for (const auto& message : history.messages)
        append_message(json, message, llm::MessageForm::record);
    json.end_array().field("last", history.last).field("error", error).end_object();
    return text;
}

std::string failed(std::string_view error) {
    return "failed: " + std::string(error);
}

}  // namespace

void Recall::unavailable(std::string_view reason, const Error& error) {
    state_.unavailable = true;
    state_.reason = reason;
    state_.message = error.message();
    memory_ = nullptr;
}

awaitable<Status> Recall::open(agents::Execution& execution) {
    ARK_CO_TRY_STATUS(co_await find());
    const auto wanted = query_.value["spec"]["conversationId"].text();
    if (!memory_) {
        if (!wanted.empty()) {
            conversation_ = wanted;
            unavailable("NoMemoryBackend", fail(Errc::not_found, "there is no memory for the conversation"));
        }
        co_return ok();
    }
    state_.reason = "MemoryReachable";
    state_.message = "The memory answers";
    conversation_ = wanted;
    if (conversation_.empty()) co_return co_await begin_conversation(execution);
    co_return ok();
}

/// The one that the query names, else the `default` of its namespace, else the broker's for a query that takes part in
/// a conversation.
awaitable<Status> Recall::find() {
    const auto& reference = query_.value["spec"]["memory"];
    const std::string ns(reference["namespace"].text(query_.ns()));
    const bool named = !reference["name"].text().empty();
    const std::string name(named ? reference["name"].text() : std::string_view("default"));
    auto resource = co_await lookup_.get("Memory", ns, name);
    if (resource) {
        name_ = fmt::format("{}/{}", ns, name);
        ARK_CO_TRY(memory_, co_await network_.memory(lookup_, std::move(*resource)));
        co_return ok();
    }
    if (named || resource.error().code != Errc::not_found) co_return resource.error();
    if (query_.value["spec"]["conversationId"].text().empty()) co_return ok();
    name_ = "broker";
    memory_ = network_.broker_memory();
    co_return ok();
}

awaitable<Status> Recall::begin_conversation(agents::Execution& execution) {
    if (const auto* before = execution.steps.find(conversation_path, name_)) {
        conversation_ = *before;
    } else {
        auto id = co_await memory_->begin(execution.stop);
        if (execution.stop.stop_requested()) co_return fail(Errc::stopped, "before a conversation");
        if (!id) unavailable("MemoryFailed", id.error());
        // Recorded empty too: a run that goes on is to see the conversation as it was.
        conversation_ = id ? *id : std::string();
        auto step = step_of(conversation_path, name_, conversation_);
        ARK_CO_TRY_STATUS(co_await execution.steps.record(std::move(step)));
    }
    if (conversation_.empty()) memory_ = nullptr;
    co_return ok();
}

emit::OperationSpec Recall::operation(std::string_view name, std::string path, const std::string& agent) const {
    const bool store = name == "MemoryStore";
    emit::OperationSpec spec;
    spec.span_name = store ? "memory.store" : "memory.retrieve";
    spec.operation = name;
    spec.client = true;
    spec.path = std::move(path);
    spec.attributes.emplace_back(std::string(key::component), otlp::Value("memory"));
    spec.attributes.emplace_back(std::string(key::operation), otlp::Value(store ? "create_memory" : "search_memory"));
    spec.attributes.emplace_back(std::string(key::memory_store), otlp::Value(name_));
    spec.metadata.emplace_back("memoryType", otlp::Value("conversation"));
    if (!agent.empty()) spec.metadata.emplace_back("agentName", otlp::Value(agent));
    return spec;
}

awaitable<Result<std::vector<llm::Message>>> Recall::read(agents::Execution& execution, const emit::Context& context,
                                                          std::string agent) {
    if (!memory_) co_return std::vector<llm::Message>{};
    History history;
    if (const auto* before = execution.steps.find(read_path, conversation_)) {
        ARK_CO_TRY(const auto json, JsonValue::parse(*before));
        for (const auto& message : json["messages"].array()) {
            ARK_CO_TRY(auto parsed, llm::parse_message(message));
            history.messages.push_back(std::move(parsed));
        }
        last_ = static_cast<std::uint64_t>(json["last"].integer());
        const auto error = json["error"].text();
        if (!error.empty()) unavailable("MemoryFailed", fail(Errc::unavailable, std::string(error)));
        co_return std::move(history.messages);
    }
    auto spec = operation("MemoryRetrieve", std::string(read_path), agent);
    auto under_way = agents::start_lasting(execution, context, std::move(spec));
    auto answer = co_await memory_->read(conversation_, execution.stop);
    if (!answer && execution.stop.stop_requested()) {
        agents::end_stopped(execution, under_way);
        co_return fail(Errc::stopped, "while memory was read");
    }
    std::string error;
    if (answer) {
        history = std::move(*answer);
        const auto messages = static_cast<std::int64_t>(history.messages.size());
        under_way.set(key::memory_count, otlp::Value(messages));
        under_way.say("resultsFound", otlp::Value(messages));
        under_way.say("messages", otlp::Value(messages));
        under_way.say("result", otlp::Value("ok"));
        under_way.complete("the conversation was read");
    } else {
        error = answer.error().message();
        under_way.say("result", otlp::Value(failed(error)));
        under_way.fail(answer.error(), agents::error_type_of(answer.error()));
        unavailable("MemoryFailed", answer.error());
    }
    last_ = history.last;
    auto step = step_of(read_path, conversation_, record_of(history, error));
    ARK_CO_TRY_STATUS(co_await execution.steps.record(std::move(step)));
    co_return std::move(history.messages);
}

/// How many of this run's messages an attempt before this one has brought there: none, if this is the first.
awaitable<Result<std::size_t>> Recall::stored_before(agents::Execution& execution) {
    if (execution.steps.find(storing_path, conversation_) == nullptr) {
        auto step = step_of(storing_path, conversation_, std::to_string(last_));
        ARK_CO_TRY_STATUS(co_await execution.steps.record(std::move(step)));
        co_return std::size_t{0};
    }
    co_return co_await memory_->count(conversation_, std::string(query_.name()), last_, execution.stop);
}

awaitable<Status> Recall::add(agents::Execution& execution, const std::vector<llm::Message>& messages) {
    const auto ttl = parse_duration(query_.value["spec"]["ttl"].text()).value_or(std::chrono::nanoseconds(0));
    Status status;
    for (unsigned attempt = 0; attempt < recall_attempts_max; ++attempt) {
        ARK_CO_TRY(const auto there, co_await stored_before(execution));
        if (there >= messages.size()) co_return ok();
        const std::vector<llm::Message> missing(messages.begin() + static_cast<std::ptrdiff_t>(there), messages.end());
        auto text = messages_text(missing);
        status = co_await memory_->add(conversation_, std::string(query_.name()), std::move(text),
                                       std::chrono::duration_cast<std::chrono::seconds>(ttl), execution.stop);
        if (status || execution.stop.stop_requested()) co_return status;
    }
    co_return status;
}

awaitable<void> Recall::store(agents::Execution& execution, const emit::Context& context,
                              std::vector<llm::Message> messages, std::string agent) {
    if (!memory_ || messages.empty() || execution.stop.stop_requested()) co_return;
    if (execution.steps.find(store_path, conversation_) != nullptr) co_return;
    auto spec = operation("MemoryStore", std::string(store_path), agent);
    const auto size = static_cast<std::int64_t>(messages_text(messages).size());
    spec.metadata.emplace_back("dataSize", otlp::Value(size));
    auto under_way = agents::start_lasting(execution, context, std::move(spec));
    const auto status = co_await add(execution, messages);
    if (!status && execution.stop.stop_requested()) {
        agents::end_stopped(execution, under_way);
        co_return;
    }
    const auto count = static_cast<std::int64_t>(messages.size());
    under_way.say("memoryId", otlp::Value(conversation_));
    under_way.say("messages", otlp::Value(count));
    if (!status) {
        under_way.say("result", otlp::Value(failed(status.error().message())));
        under_way.fail(status.error(), agents::error_type_of(status.error()));
        unavailable("MemoryFailed", status.error());
        co_return;
    }
    under_way.set(key::memory_count, otlp::Value(count));
    under_way.say("result", otlp::Value("ok"));
    under_way.complete("the conversation was stored");
    auto step = step_of(store_path, conversation_, "{}");
    // A record that cannot be written fails with the run's end, which is recorded next.
    const auto recorded = co_await execution.steps.record(std::move(step));
    if (!recorded) unavailable("MemoryFailed", recorded.error());
}

}  // namespace ark::runs
