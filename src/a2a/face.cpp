#include "a2a/face.hpp"

#include "a2a/protocol.hpp"
#include "base/hex.hpp"
#include "codec/json_text.hpp"
#include "emit/context.hpp"
#include "runtime/bell.hpp"
#include "runtime/scope.hpp"

#include <deque>
#include <optional>
#include <utility>

#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <xxhash.h>

namespace ark::a2a {
namespace {

using codec::json_text;
using codec::JsonValue;
using resources::ObjectName;
using resources::ResourcePtr;

constexpr int task_not_found = -32001;
constexpr int task_not_cancelable = -32002;
constexpr int unsupported_operation = -32004;
constexpr std::string_view agent_label = "ark.mckinsey.com/a2a-agent";
constexpr std::string_view message_annotation = "ark.mckinsey.com/a2a-message-id";
constexpr std::string_view parent_annotation = "ark.mckinsey.com/traceparent";
constexpr std::chrono::seconds cancel_wait{2};
constexpr std::chrono::milliseconds first_wait{1000};  // for what there is: it comes at once

/// The same message, sent again, is the same task.
std::string hash_of(std::initializer_list<std::string_view> texts) {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    for (const auto text : texts) {
        const auto hash = XXH3_128bits_withSeed(text.data(), text.size(), high * 31 + low);
        high = hash.high64;
        low = hash.low64;
    }
    std::string out;
    append_hex_number(out, high, 16);
    append_hex_number(out, low, 16);
    return out;
}

awaitable<void> answer(net::Exchange& exchange, int status, std::string body) {
    net::Response response;
    response.status = status;
    response.fields.add("content-type", "application/json");
    response.body = std::move(body);
    co_await exchange.respond(std::move(response));
}

/// A Query as it changes.
class QueryWatch {
public:
    static resources::Outcome<std::unique_ptr<QueryWatch>> open(resources::ResourceStore& store, const ObjectName& name,
                                                                asio::any_io_executor executor) {
        const auto& kind = resources::kind_named("Query");
        auto fields = resources::FieldSelector::parse("metadata.name=" + name.name, kind);
        if (!fields) return fields.error();
        resources::WatchOptions options;
        options.ns = name.ns;
        options.selection.fields = std::move(*fields);
        auto watch = store.watch(kind, std::move(options), std::move(executor));
        if (!watch) return watch.error();
        auto made = std::make_unique<QueryWatch>();
        made->watch_ = std::move(*watch);
        return made;
    }

    /// The next state; null when the time is up or stop() was called. Errors: it is gone, or changes were missed.
    awaitable<resources::Outcome<ResourcePtr>> next(std::chrono::milliseconds wait) {
        auto events = co_await watch_->next(wait);
        if (!events) co_return events.error();
        if (events->empty()) co_return ResourcePtr{};
        const auto& last = events->back();
        if (last.type == resources::Change::Type::deleted)
            co_return resources::refuse(resources::Reason::not_found, "the query was deleted");
        co_return last.resource;
    }
    void stop() { watch_->stop(); }

private:
    std::unique_ptr<resources::Watch> watch_;
};

/// Counts those who wait, as long as it lives.
class Waiting {
public:
    explicit Waiting(std::atomic<std::size_t>& count) : count_(count) { ++count_; }
    ~Waiting() { --count_; }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

private:
    std::atomic<std::size_t>& count_;
};

}  // namespace

/// One request, understood.
struct Face::Call {
    Request request;
    std::string type;  // "agent", "team"; empty: the engine
    std::string ns;
    std::string name;
    std::string answered;  // the question that this request answered

    awaitable<void> fail(net::Exchange& exchange, Fault fault) const {
        co_await answer(exchange, 200, fault_text(request.id, fault));
    }
    awaitable<void> fail(net::Exchange& exchange, const resources::Refusal& refusal) const {
        Fault fault;
        if (refusal.reason == resources::Reason::invalid || refusal.reason == resources::Reason::bad_request)
            fault.code = invalid_params;
        fault.message = refusal.message;
        co_await answer(exchange, 200, fault_text(request.id, fault));
    }
    awaitable<void> give(net::Exchange& exchange, const JsonValue& result) const {
        co_await answer(exchange, 200, result_text(request.id, result));
    }

    /// A task of this agent. Others' are not known here.
    awaitable<resources::Outcome<ResourcePtr>> find(resources::ResourceStore& store, std::string task) const {
        ObjectName object{ns, std::move(task)};
        auto found = co_await store.get(resources::kind_named("Query"), std::move(object));
        if (!found) co_return found.error();
        if ((*found)->value["metadata"]["labels"][agent_label].text() != type + "." + name)
            co_return resources::refuse(resources::Reason::not_found, "no such task");
        co_return *found;
    }

    JsonValue query_for(const Message& message, const net::RequestHead& head) const {
        const auto find = [&](std::string_view field) { return head.fields.find(field); };
        const auto caller = emit::extract(find);
        JsonValue labels;
        labels.set(agent_label, json_text(type + "." + name));
        JsonValue annotations;
        annotations.set(message_annotation, json_text(message.id));
        if (caller.span.span_id.valid()) annotations.set(parent_annotation, json_text(head.fields.find("traceparent")));
        JsonValue metadata;
        const auto id = hash_of({type, name, message.id, message.context_id, message.text});
        metadata.set("name", json_text("a2a-" + id));
        metadata.set("labels", std::move(labels));
        metadata.set("annotations", std::move(annotations));
        JsonValue target;
        target.set("type", json_text(type));
        target.set("name", json_text(name));
        JsonValue spec;
        spec.set("input", json_text(message.text));
        spec.set("target", std::move(target));
        spec.set("conversationId", json_text(message.context_id.empty() ? "a2a-" + id : message.context_id));
        for (const auto& [key, value] : caller.baggage) {
            if (key == "ark.session.id" && !value.empty()) spec.set("sessionId", json_text(value));
        }
        JsonValue query;
        query.set("metadata", std::move(metadata));
        query.set("spec", std::move(spec));
        return query;
    }
};

void Face::register_routes(net::Router& router) {
    for (const std::string type : {"agent", "team"}) {
        const auto path = "/a2a/namespaces/{namespace}/" + type + "s/{name}";
        const auto card = [this, type](net::Exchange& exchange) { return serve_card(exchange, type); };
        router.add("GET", path + "/.well-known/agent-card.json", card);
        router.add("GET", path + "/.well-known/agent.json", card);
        router.add("POST", path, [this, type](net::Exchange& exchange) { return serve(exchange, type); });
    }
    const auto card = [this](net::Exchange& exchange) { return serve_card(exchange, {}); };
    router.add("GET", "/.well-known/agent-card.json", card);
    router.add("GET", "/.well-known/agent.json", card);
    router.add("POST", "/", [this](net::Exchange& exchange) { return serve(exchange, {}); });
}

awaitable<void> Face::serve_card(net::Exchange& exchange, std::string type) {
    const auto& head = exchange.head();
    const auto scheme = head.fields.find("x-forwarded-proto") == "https" ? "https" : "http";
    auto host = head.fields.find("host");
    if (host.empty()) host = head.fields.find(":authority");
    About about;
    about.url = fmt::format("{}://{}/", scheme, host);
    if (!type.empty()) {
        const auto& ns = head.path_values[0];
        about.name = head.path_values[1];
        ObjectName object{ns, about.name};
        auto found = co_await store_.get(resources::kind_named(type == "team" ? "Team" : "Agent"), std::move(object));
        if (!found) {
            co_await answer(exchange, 404, R"({"error":"there is no such agent"})");
            co_return;
        }
        about.description = (*found)->value["spec"]["description"].text();
        about.url +=
            fmt::format("a2a/namespaces/{}/{}s/{}", net::percent_encode(ns), type, net::percent_encode(about.name));
    }
    co_await answer(exchange, 200, card_json(about));
}

awaitable<void> Face::serve(net::Exchange& exchange, std::string type) {
    const auto& head = exchange.head();
    const auto body = co_await exchange.read_body(config_.body_bytes_max);
    if (!body) {
        Fault fault;
        fault.code = -32600;
        fault.message = body.error().message();
        co_return co_await answer(exchange, 413, fault_text(JsonValue{}, fault));
    }
    auto request = parse_request(body->view(), head.fields.find("a2a-version"));
    if (!request) co_return co_await answer(exchange, 200, fault_text(JsonValue{}, request.error()));
    Call call;
    call.request = std::move(*request);
    call.type = std::move(type);
    if (!call.type.empty()) {
        call.ns = head.path_values[0];
        call.name = head.path_values[1];
    }
    const auto method = call.request.method;
    if (method == Method::send || method == Method::stream) co_return co_await serve_send(exchange, call);
    if (method == Method::cancel) co_return co_await serve_cancel(exchange, call);
    Fault nobody{unsupported_operation, "an engine keeps no tasks: ask an agent at its own address"};
    if (method == Method::list && call.type.empty()) co_return co_await call.fail(exchange, std::move(nobody));
    if (method == Method::list) co_return co_await serve_list(exchange, call);
    co_await serve_task(exchange, call);
}

/// Makes the Query, or answers the question of one, and waits as the client wants.
awaitable<void> Face::serve_send(net::Exchange& exchange, Call& call) {
    auto message = parse_message(call.request);
    if (!message) co_return co_await call.fail(exchange, message.error());
    if (call.type.empty()) {
        call.ns = message->query_namespace;
        call.name = message->query_name;
        co_return co_await serve_engine(exchange, call);
    }
    std::string task = message->task_id;
    std::unique_ptr<Listener> listener;
    if (!task.empty()) {
        auto found = co_await call.find(store_, task);
        Fault unknown{task_not_found, "no such task"};
        if (!found) co_return co_await call.fail(exchange, std::move(unknown));
        const auto& query = (*found)->value;
        Fault refused{unsupported_operation, "the task has ended: begin another one in the same context"};
        if (is_final(query)) co_return co_await call.fail(exchange, std::move(refused));
        const auto& question = query["status"]["questions"][std::size_t{0}];
        Fault nothing{unsupported_operation, "the task asks nothing"};
        if (!question.is_object()) co_return co_await call.fail(exchange, std::move(nothing));
        const auto input = answer_input(question, message->text);
        Fault unclear{invalid_params, "say approved or rejected"};
        if (input.empty()) co_return co_await call.fail(exchange, std::move(unclear));
        call.answered = question["id"].text();
        JsonValue spec;
        spec.set("input", json_text(input));
        resources::PatchBody patch;
        patch.body.set("spec", std::move(spec));
        ObjectName name{call.ns, std::string(question["task"].text())};
        resources::WriteOptions options;
        auto written = co_await store_.patch(resources::kind_named("A2ATask"), std::move(name), resources::Part::main,
                                             std::move(patch), std::move(options));
        if (!written) co_return co_await call.fail(exchange, written.error());
    } else {
        ObjectName who{call.ns, call.name};
        auto known = co_await store_.get(resources::kind_named(call.type == "team" ? "Team" : "Agent"), std::move(who));
        if (!known) co_return co_await call.fail(exchange, known.error());
        auto query = call.query_for(*message, exchange.head());
        task = query["metadata"]["name"].text();
        // Before it begins, so that nothing is missed.
        if (call.request.method == Method::stream) listener = listen(exchange, call, task);
        resources::WriteOptions options;
        auto made =
            co_await store_.create(resources::kind_named("Query"), call.ns, std::move(query), std::move(options));
        if (!made && made.error().reason != resources::Reason::already_exists)
            co_return co_await call.fail(exchange, made.error());
    }
    if (call.request.method == Method::stream)
        co_return co_await serve_stream(exchange, call, std::move(task), std::move(listener));
    const auto wait = message->waits ? std::chrono::milliseconds(config_.wait_max) : std::chrono::milliseconds(0);
    auto settled = co_await settle(exchange, call, std::move(task), wait);
    if (!settled) co_return co_await call.fail(exchange, settled.error());
    const auto version = call.request.version;
    auto whole = task_of(version, (*settled)->value);
    co_await call.give(exchange, wrapped(version, "task", std::move(whole)));
}

/// As the query is, once it is settled or the time is up.
awaitable<resources::Outcome<resources::ResourcePtr>> Face::settle(net::Exchange& exchange, const Call& call,
                                                                   std::string task, std::chrono::milliseconds wait) {
    if (waits_ >= config_.waits_max)
        co_return resources::refuse(resources::Reason::too_many_requests, "too many clients wait");
    const Waiting waiting(waits_);
    ObjectName name{call.ns, std::move(task)};
    auto watch = QueryWatch::open(store_, name, exchange.executor());
    if (!watch) co_return watch.error();
    const auto end = clock_.monotonic_nanos() + static_cast<std::uint64_t>(std::chrono::nanoseconds(wait).count());
    ResourcePtr last;
    while (true) {
        const auto now_nanos = clock_.monotonic_nanos();
        const std::chrono::milliseconds left(end > now_nanos ? (end - now_nanos) / 1'000'000 : 0);
        // What there is comes at once; whoever does not wait gets that.
        const auto pause = last ? left : first_wait;
        auto now = co_await (*watch)->next(pause);
        if (!now) co_return now.error();
        if (*now) last = std::move(*now);
        if (!last) co_return resources::refuse(resources::Reason::not_found, "no such query");
        if (is_settled(last->value, call.answered) || left.count() <= 0) co_return last;
    }
}

/// As the reference's engines: the answer is a message with what was spent; a query that waits for a person is a task.
awaitable<void> Face::serve_engine(net::Exchange& exchange, Call& call) {
    Fault nameless{invalid_params, "name a Query in the metadata of the message, or ask an agent at its own address"};
    if (call.name.empty()) co_return co_await call.fail(exchange, std::move(nameless));
    if (call.request.method == Method::stream) {
        auto name = call.name;
        co_return co_await serve_stream(exchange, call, std::move(name), nullptr);
    }
    auto name = call.name;
    const std::chrono::milliseconds wait = config_.wait_max;
    auto settled = co_await settle(exchange, call, std::move(name), wait);
    if (!settled) co_return co_await call.fail(exchange, settled.error());
    const auto& query = (*settled)->value;
    const auto version = call.request.version;
    const auto phase = query["status"]["phase"].text();
    if (phase == "done") {
        auto message = message_of(version, query);
        co_return co_await call.give(exchange, wrapped(version, "message", std::move(message)));
    }
    if (!is_final(query)) {
        auto whole = task_of(version, query);
        co_return co_await call.give(exchange, wrapped(version, "task", std::move(whole)));
    }
    Fault fault;
    fault.message = query["status"]["response"]["content"].text("the query failed");
    co_await answer(exchange, 500, fault_text(call.request.id, fault));
}

awaitable<void> Face::serve_task(net::Exchange& exchange, Call& call) {
    std::string task(call.request.params["id"].text());
    auto found = co_await call.find(store_, task);
    Fault unknown{task_not_found, "no such task"};
    if (!found) co_return co_await call.fail(exchange, std::move(unknown));
    if (call.request.method == Method::subscribe) {
        Fault over{unsupported_operation, "the task has ended"};
        if (is_final((*found)->value)) co_return co_await call.fail(exchange, std::move(over));
        co_return co_await serve_stream(exchange, call, std::move(task), nullptr);
    }
    // A task that is asked for comes bare in both versions.
    co_await call.give(exchange, task_of(call.request.version, (*found)->value));
}

awaitable<void> Face::serve_list(net::Exchange& exchange, Call& call) {
    auto request = parse_list(call.request);
    if (!request) co_return co_await call.fail(exchange, request.error());
    resources::ListOptions options;
    options.ns = call.ns;
    auto labels = resources::LabelSelector::parse(fmt::format("{}={}.{}", agent_label, call.type, call.name));
    if (labels) options.selection.labels = std::move(*labels);
    const auto found = co_await store_.list(resources::kind_named("Query"), std::move(options));
    if (!found) co_return co_await call.fail(exchange, found.error());
    std::vector<const JsonValue*> queries;
    for (const auto& query : found->items)
        queries.push_back(&query->value);
    const auto page = list_of(*request, queries);
    co_await call.give(exchange, page);
}

awaitable<void> Face::serve_cancel(net::Exchange& exchange, Call& call) {
    std::string task(call.request.params["id"].text());
    auto found = co_await call.find(store_, task);
    Fault unknown{task_not_found, "no such task"};
    if (!found) co_return co_await call.fail(exchange, std::move(unknown));
    const auto phase = (*found)->value["status"]["phase"].text();
    Fault over{task_not_cancelable, "the task has ended"};
    if (phase == "done" || phase == "error") co_return co_await call.fail(exchange, std::move(over));
    JsonValue spec;
    spec.set("cancel", JsonValue{true});
    resources::PatchBody patch;
    patch.body.set("spec", std::move(spec));
    ObjectName name{call.ns, task};
    resources::WriteOptions options;
    auto written = co_await store_.patch(resources::kind_named("Query"), std::move(name), resources::Part::main,
                                         std::move(patch), std::move(options));
    if (!written) co_return co_await call.fail(exchange, written.error());
    // A question that is open ends with the rest: it is no place to stop at.
    const auto& questions = (*found)->value["status"]["questions"];
    if (questions.size() > 0) call.answered = questions[std::size_t{0}]["id"].text();
    const std::chrono::milliseconds wait = cancel_wait;
    auto settled = co_await settle(exchange, call, std::move(task), wait);
    if (!settled) co_return co_await call.fail(exchange, settled.error());
    co_await call.give(exchange, task_of(call.request.version, (*settled)->value));
}

/// What a stream waits for: new states of its Query, and what is said meanwhile. Owned by the stream, and by wake-ups
/// on their way to its executor.
struct Face::Listener {
    struct Ear {
        explicit Ear(asio::any_io_executor executor) : bell(std::move(executor)) {}
        runtime::Bell bell;
        std::deque<ResourcePtr> states;
        bool beat = false;  // nothing happened for a while
        bool over = false;  // no more states come

        /// Of states of one phase that a slow client has not been told yet, the last one says all.
        void hear(ResourcePtr state) {
            const auto phase = [](const ResourcePtr& of) { return of->value["status"]["phase"].text("pending"); };
            if (!states.empty() && phase(states.back()) == phase(state)) states.pop_back();
            states.push_back(std::move(state));
        }
    };
    explicit Listener(const asio::any_io_executor& executor) : ear(std::make_shared<Ear>(executor)) {}
    /// Until the watch ends.
    static awaitable<void> follow(std::shared_ptr<Ear> ear, QueryWatch& changes, std::chrono::milliseconds pause) {
        while (!ear->over) {
            auto next = co_await changes.next(pause);
            if (!next) ear->over = true;
            if (next && *next) ear->hear(std::move(*next));
            if (next && ear->states.empty()) ear->beat = true;
            ear->bell.ring();
        }
    }
    /// What was said, as events; the first piece of an utterance replaces what the one before left.
    template <class F>
    std::string said(F event) {
        std::string text;
        for (const auto& piece : seat->take()) {
            text += event(piece.text, piece.utterance == utterance);
            utterance = piece.utterance;
        }
        return text;
    }

    const std::shared_ptr<Ear> ear;
    std::string utterance;                       // the last one
    std::unique_ptr<emit::Audience::Seat> seat;  // last member: nobody wakes us after it
};

std::unique_ptr<Face::Listener> Face::listen(net::Exchange& exchange, const Call& call, const std::string& task) {
    const auto executor = exchange.executor();
    auto listener = std::make_unique<Listener>(executor);
    auto wake = [executor, ear = listener->ear] { asio::post(executor, [ear] { ear->bell.ring(); }); };
    listener->seat = audience_.listen(call.ns + "/" + task, std::move(wake));
    return listener;
}

/// The task as it is, then what changes and what is said, until it is settled. A client that leaves cancels nothing.
awaitable<void> Face::serve_stream(net::Exchange& exchange, Call& call, std::string task,
                                   std::unique_ptr<Listener> listener) {
    Fault full{-32603, "too many clients wait"};
    if (waits_ >= config_.waits_max) co_return co_await call.fail(exchange, std::move(full));
    const Waiting waiting(waits_);
    if (!listener) listener = listen(exchange, call, task);
    ObjectName name{call.ns, std::move(task)};
    auto watch = QueryWatch::open(store_, name, exchange.executor());
    if (!watch) co_return co_await call.fail(exchange, watch.error());
    auto first = co_await (*watch)->next(first_wait);
    if (!first) co_return co_await call.fail(exchange, first.error());
    Fault unknown{task_not_found, "no such task"};
    if (!*first) co_return co_await call.fail(exchange, std::move(unknown));
    net::Fields fields;
    fields.add("content-type", "text/event-stream");
    fields.add("cache-control", "no-cache");
    auto stream = co_await exchange.start_stream(200, std::move(fields));
    if (!stream) co_return;
    auto& out = **stream;
    auto& changes = **watch;
    auto& ear = *listener->ear;
    out.on_close([&changes, &ear] {
        ear.over = true;
        changes.stop();
        ear.bell.ring();
    });
    const auto version = call.request.version;
    const auto event = [&](std::string_view kind, JsonValue object) {
        return "data: " + result_text(call.request.id, wrapped(version, kind, std::move(object))) + "\n\n";
    };
    ResourcePtr now = *first;
    const auto piece = [&](std::string_view said, bool append) {
        return event("artifactUpdate", artifact_piece(version, now->value, said, append));
    };
    runtime::Scope scope(exchange.executor());
    scope.spawn(Listener::follow(listener->ear, changes, config_.heartbeat_pause));
    std::string text = event("task", task_of(version, now->value));
    std::string phase_said(now->value["status"]["phase"].text("pending"));
    while (!out.closed()) {
        if (!text.empty()) {
            const auto written = co_await out.write(text);
            if (!written) break;
            text.clear();
        }
        if (is_settled(now->value, call.answered)) break;
        // What was said comes before what became of it.
        text = listener->said(piece);
        if (!ear.states.empty()) {
            now = std::move(ear.states.front());
            ear.states.pop_front();
            const std::string phase(now->value["status"]["phase"].text("pending"));
            if (phase == phase_said && !is_settled(now->value, call.answered)) continue;
            phase_said = phase;
            if (phase == "done") text += event("artifactUpdate", artifact_update(version, now->value));
            text += event("statusUpdate", status_update(version, now->value));
            continue;
        }
        if (!text.empty()) continue;
        if (ear.over) break;
        if (std::exchange(ear.beat, false)) {
            text = ": still there\n\n";
            continue;
        }
        co_await ear.bell.wait();
    }
    out.on_close({});
    ear.over = true;
    changes.stop();
    co_await scope.close();
    if (!out.closed()) co_await out.finish();
}

}  // namespace ark::a2a
