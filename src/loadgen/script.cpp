#include "loadgen/script.hpp"

#include "loadgen/vocabulary.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace ark::loadgen {
namespace {

using otlp::Value;
using otlp::ValueMap;

constexpr std::uint64_t ms = 1'000'000;
constexpr std::uint32_t span_kind_internal = 1;
constexpr std::uint32_t span_kind_client = 3;
constexpr std::uint32_t span_kind_server = 2;
constexpr std::uint32_t status_ok = 1;
constexpr std::uint32_t status_error = 2;
constexpr std::uint32_t severity_info = 9;
constexpr std::uint32_t severity_warn = 13;

void append(ValueMap& to, ValueMap more) {
    for (auto& entry : more)
        to.push_back(std::move(entry));
}

struct Failure {
    std::string_view type;
    std::string_view text;
};

/// Something under way: begun, not yet ended.
struct Operation {
    std::string_view reason;  // "ToolCall"
    otlp::Span span;
    ValueMap data;  // repeated in the event at the end
};

class Script {
public:
    Script(const ScriptConfig& config, Random& random)
        : config_(config), random_(random), topic_(pick(topics(), random)), trace_id_(random.trace_id()) {
        query_id_ = "q-";
        append_hex_number(query_id_, random_.next(), 8);
    }

    std::vector<Step> write() && {
        ValueMap data{{"targetType", team_shaped() ? "team" : "agent"}, {"input", std::string(topic_.question)}};
        ValueMap attributes{{"gen_ai.operation.name", "invoke_workflow"},
                            {"query.input", std::string(topic_.question)}};
        auto query = begin("QueryExecution", "query." + query_id_, span_kind_server, SpanId{}, 0, std::move(data),
                           std::move(attributes));
        const auto done = run_shape(query.span.span_id, 5 * ms);
        const bool fails = config_.shape == Shape::errors && random_.chance(0.4);
        ValueMap outcome;
        if (!fails) outcome.emplace_back("query.output", prose(random_, config_.payload_bytes));
        const auto failure =
            fails ? std::optional(Failure{"max_turns", "no answer after the last allowed turn"}) : std::nullopt;
        end(std::move(query), done + 2 * ms, failure, {{"targetsResolved", 1}}, std::move(outcome));
        std::stable_sort(steps_.begin(), steps_.end(), [](const Step& a, const Step& b) { return a.at < b.at; });
        return std::move(steps_);
    }

private:
    bool team_shaped() const { return config_.shape == Shape::team || config_.shape == Shape::wide; }

    std::uint64_t run_shape(SpanId parent, std::uint64_t t) {
        switch (config_.shape) {
            case Shape::chat:
                return run_chat(parent, t);
            case Shape::team:
                return run_sequential_team(parent, t);
            case Shape::deep:
                return run_chain(parent, t, 12);
            case Shape::wide:
                return run_parallel_team(parent, t, 24);
            case Shape::errors:
                return run_troubled_agent(parent, t);
            case Shape::questions:
                return run_asking_agent(parent, t);
        }
        return t;
    }

    // --- shapes: each returns when it is done ---

    std::uint64_t run_chat(SpanId parent, std::uint64_t t) {
        auto agent = begin_agent(topic_.agent, parent, t);
        t = call_model(topic_.agent, agent.span.span_id, t + 3 * ms);
        if (random_.chance(0.6)) {
            t = call_tool(topic_.first_tool, topic_.agent, agent.span.span_id, t + 2 * ms, std::nullopt);
            t = call_model(topic_.agent, agent.span.span_id, t + 2 * ms);
        }
        return end_agent(std::move(agent), t);
    }

    std::uint64_t run_sequential_team(SpanId parent, std::uint64_t t) {
        static constexpr std::string_view members[] = {"planner", "searcher", "writer"};
        auto team = begin_team("research", "sequential", std::size(members), parent, t);
        const auto id = team.span.span_id;
        t = run_member(members[0], 0, id, t + 4 * ms, [&](SpanId agent, std::uint64_t from) {
            from = touch_memory(members[0], agent, from);
            return call_model(members[0], agent, from);
        });
        t = run_member(members[1], 1, id, t + 4 * ms, [&](SpanId agent, std::uint64_t from) {
            from = call_model(members[1], agent, from);
            const auto calls = 1 + random_.below(3);
            for (std::uint64_t i = 0; i < calls; ++i) {
                from = call_tool(i % 2 == 0 ? topic_.first_tool : topic_.second_tool, members[1], agent, from + ms,
                                 std::nullopt);
            }
            return call_model(members[1], agent, from);
        });
        if (random_.chance(0.4)) t = call_remote("writer", "archive-agent", id, t + 3 * ms);
        t = run_member(members[2], 2, id, t + 4 * ms,
                       [&](SpanId agent, std::uint64_t from) { return call_model(members[2], agent, from); });
        return end_team(std::move(team), std::size(members), t);
    }

    std::uint64_t run_parallel_team(SpanId parent, std::uint64_t t, std::size_t width) {
        const auto names = specialists();
        auto team = begin_team("panel", "parallel", width, parent, t);
        const auto id = team.span.span_id;
        auto latest = t;
        for (std::size_t i = 0; i < width; ++i) {
            const auto member = names[i % names.size()];
            const auto done = run_member(member, i, id, t + i * ms, [&](SpanId agent, std::uint64_t from) {
                if (random_.chance(0.5)) from = call_tool(topic_.first_tool, member, agent, from, std::nullopt);
                return call_model(member, agent, from);
            });
            latest = std::max(latest, done);
        }
        return end_team(std::move(team), width, latest);
    }

    std::uint64_t run_chain(SpanId parent, std::uint64_t t, unsigned depth) {
        const auto names = specialists();
        const auto name = names[depth % names.size()];
        auto agent = begin_agent(name, parent, t);
        t = call_model(name, agent.span.span_id, t + 2 * ms);
        if (depth > 1) t = run_chain(agent.span.span_id, t + 2 * ms, depth - 1);
        if (random_.chance(0.3)) t = call_tool(topic_.first_tool, name, agent.span.span_id, t + ms, std::nullopt);
        return end_agent(std::move(agent), t);
    }

    std::uint64_t run_troubled_agent(SpanId parent, std::uint64_t t) {
        static constexpr Failure rate_limit{"rate_limit", "429 Too Many Requests: retry after 2 s"};
        static constexpr Failure timeout{"timeout", "no answer within 3 s"};
        static constexpr Failure refused{"tool_error", "the upstream answered 502 Bad Gateway"};
        auto agent = begin_agent(topic_.agent, parent, t);
        const auto id = agent.span.span_id;
        t = call_model(topic_.agent, id, t + 2 * ms, random_.chance(0.5) ? std::optional(rate_limit) : std::nullopt);
        t = call_model(topic_.agent, id, t + 400 * ms);
        const auto attempts = 1 + random_.below(3);
        for (std::uint64_t i = 0; i < attempts; ++i) {
            const auto failure = random_.chance(0.5) ? refused : timeout;
            t = call_tool(topic_.first_tool, topic_.agent, id, t + 200 * ms, failure);
        }
        if (random_.chance(0.7)) t = call_tool(topic_.first_tool, topic_.agent, id, t + 300 * ms, std::nullopt);
        t = call_model(topic_.agent, id, t + 2 * ms);
        return end_agent(std::move(agent), t);
    }

    std::uint64_t run_asking_agent(SpanId parent, std::uint64_t t) {
        auto agent = begin_agent(topic_.agent, parent, t);
        const auto id = agent.span.span_id;
        t = call_model(topic_.agent, id, t + 2 * ms);
        std::string question_id = "qn-";
        append_hex_number(question_id, random_.next(), 8);
        ValueMap asked{{"questionId", question_id},
                       {"agentName", std::string(topic_.agent)},
                       {"question", "Shall I go on with the most expensive option?"},
                       {"schema", R"({"type":"boolean"})"}};
        emit("QuestionAsked", severity_info, id, parent, t, asked);
        t += (4'000 + random_.below(9'000)) * ms;  // somebody has to notice
        if (random_.chance(0.8)) {
            append(asked, {{"answer", random_.chance(0.7) ? "true" : "false"}, {"answeredBy", "demo"}});
            emit("QuestionAnswered", severity_info, id, parent, t, std::move(asked));
        } else {
            emit("QuestionExpired", severity_warn, id, parent, t, std::move(asked));
        }
        t = call_tool(topic_.second_tool, topic_.agent, id, t + 2 * ms, std::nullopt);
        t = call_model(topic_.agent, id, t + 2 * ms);
        return end_agent(std::move(agent), t);
    }

    // --- operations ---

    Operation begin_agent(std::string_view name, SpanId parent, std::uint64_t t) {
        std::string agent(name);
        return begin("AgentExecution", "invoke_agent " + agent, span_kind_internal, parent, t, {{"agentName", agent}},
                     {{"gen_ai.operation.name", "invoke_agent"},
                      {"gen_ai.agent.name", agent},
                      {"gen_ai.agent.id", "agent/" + agent}});
    }

    std::uint64_t end_agent(Operation agent, std::uint64_t t) {
        end(std::move(agent), t + ms, std::nullopt, {}, {});
        return t + ms;
    }

    Operation begin_team(std::string_view name, std::string_view strategy, std::size_t members, SpanId parent,
                         std::uint64_t t) {
        std::string team(name);
        const auto count = static_cast<std::int64_t>(members);
        return begin("TeamExecution", "team." + team, span_kind_internal, parent, t,
                     {{"teamName", team}, {"strategy", strategy}, {"memberCount", count}},
                     {{"team.name", team}, {"team.strategy", strategy}, {"team.member_count", count}});
    }

    std::uint64_t end_team(Operation team, std::size_t members, std::uint64_t t) {
        const auto count = static_cast<std::int64_t>(members);
        end(std::move(team), t + ms, std::nullopt, {{"membersExecuted", count}, {"successRate", 1.0}}, {});
        return t + ms;
    }

    template <class Work>
    std::uint64_t run_member(std::string_view name, std::size_t order, SpanId team, std::uint64_t t, Work work) {
        auto agent = begin_agent(name, team, t);
        const auto id = agent.span.span_id;
        ValueMap member{{"memberName", std::string(name)},
                        {"memberType", "agent"},
                        {"executionOrder", static_cast<std::int64_t>(order)}};
        emit("TeamMemberStart", severity_info, id, team, t, member);
        const auto done = work(id, t + 2 * ms);
        emit("TeamMemberComplete", severity_info, id, team, done, std::move(member));
        return end_agent(std::move(agent), done);
    }

    std::uint64_t call_model(std::string_view agent, SpanId parent, std::uint64_t t,
                             std::optional<Failure> failure = std::nullopt) {
        const auto& model = pick(models(), random_);
        const auto input = static_cast<std::int64_t>(120 + config_.payload_bytes / 4 + random_.below(2'500));
        const auto output =
            failure ? 0 : static_cast<std::int64_t>(30 + config_.payload_bytes / 4 + random_.below(600));
        const auto cached = random_.chance(0.3) ? input / 2 : 0;
        const auto prompt = prose(random_, config_.payload_bytes);
        auto call =
            begin("LLMCall", "chat " + std::string(model.name), span_kind_client, parent, t,
                  {{"modelName", model.name}, {"agentName", agent}, {"callId", "call-" + random_.span_id().hex()}},
                  {{"gen_ai.operation.name", "chat"},
                   {"gen_ai.provider.name", model.provider},
                   {"gen_ai.request.model", model.name},
                   {"gen_ai.response.model", model.name},
                   {"gen_ai.agent.name", agent},
                   {"gen_ai.conversation.id", config_.conversation_id},
                   {"gen_ai.request.temperature", 0.2},
                   {"gen_ai.request.max_tokens", 2048},
                   {"server.address", std::string(model.provider) + ".example"},
                   {"gen_ai.input.messages", messages("user", prompt)}});
        const auto cost = (static_cast<double>(input) * model.usd_per_million_input +
                           static_cast<double>(output) * model.usd_per_million_output) /
                          1e6;
        const auto done = t + (failure ? 300 + random_.below(900) : 700 + random_.below(4'200)) * ms;
        ValueMap data{{"promptTokens", input}, {"completionTokens", output}, {"totalTokens", input + output}};
        ValueMap attributes{{"gen_ai.usage.input_tokens", input},
                            {"gen_ai.usage.output_tokens", output},
                            {"gen_ai.usage.cache_read.input_tokens", cached},
                            {"gen_ai.usage.cost", cost},
                            {"gen_ai.response.id", "resp-" + random_.span_id().hex()}};
        if (!failure) {
            attributes.emplace_back("gen_ai.response.finish_reasons", otlp::ValueList{"stop"});
            attributes.emplace_back("gen_ai.output.messages",
                                    messages("assistant", prose(random_, config_.payload_bytes)));
        }
        end(std::move(call), done, failure, failure ? ValueMap{{"retryAfter", 2}} : std::move(data),
            std::move(attributes));
        return done;
    }

    std::uint64_t call_tool(std::string_view tool, std::string_view agent, SpanId parent, std::uint64_t t,
                            std::optional<Failure> failure) {
        const auto id = "call_" + random_.span_id().hex();
        const auto arguments = R"({"query":")" + std::string(topic_.question) + "\"}";
        auto call = begin(
            "ToolCall", "execute_tool " + std::string(tool), span_kind_internal, parent, t,
            {{"toolName", tool}, {"toolId", id}, {"agentName", agent}, {"toolType", "mcp"}, {"parameters", arguments}},
            {{"gen_ai.operation.name", "execute_tool"},
             {"gen_ai.tool.name", tool},
             {"gen_ai.tool.call.id", id},
             {"gen_ai.tool.type", "function"},
             {"gen_ai.agent.name", agent},
             {"gen_ai.tool.call.arguments", arguments}});
        const auto size = static_cast<std::int64_t>(config_.payload_bytes);
        const auto done = t + (90 + random_.below(2'400)) * ms;
        if (failure) {
            end(std::move(call), done, failure, {{"retryable", true}}, {});
        } else {
            end(std::move(call), done, std::nullopt, {{"resultSize", size}, {"success", true}},
                {{"gen_ai.tool.call.result", prose(random_, config_.payload_bytes)}});
        }
        return done;
    }

    std::uint64_t touch_memory(std::string_view agent, SpanId parent, std::uint64_t t) {
        auto lookup = begin(
            "MemoryRetrieve", "search_memory", span_kind_client, parent, t,
            {{"memoryType", "vector"}, {"agentName", agent}, {"topK", 5}},
            {{"gen_ai.operation.name", "search_memory"}, {"gen_ai.agent.name", agent}, {"gen_ai.retrieval.top_k", 5}});
        const auto done = t + (20 + random_.below(180)) * ms;
        end(std::move(lookup), done, std::nullopt,
            {{"resultsFound", static_cast<std::int64_t>(random_.below(6))}, {"relevanceScore", 0.82}}, {});
        return done;
    }

    std::uint64_t call_remote(std::string_view caller, std::string_view target, SpanId parent, std::uint64_t t) {
        auto call = begin(
            "A2ACall", "a2a.message/send " + std::string(target), span_kind_client, parent, t,
            {{"callerAgent", caller}, {"targetAgent", target}, {"messageType", "task"}},
            {{"gen_ai.operation.name", "invoke_agent"}, {"a2a.method", "message/send"}, {"gen_ai.agent.name", target}});
        const auto done = t + (400 + random_.below(2'000)) * ms;
        end(std::move(call), done, std::nullopt, {{"responseSize", static_cast<std::int64_t>(config_.payload_bytes)}},
            {});
        return done;
    }

    // --- what all operations share ---

    Operation begin(std::string_view reason, std::string span_name, std::uint32_t kind, SpanId parent, std::uint64_t t,
                    ValueMap data, ValueMap attributes) {
        Operation operation;
        operation.reason = reason;
        operation.data = std::move(data);
        auto& span = operation.span;
        span.trace_id = trace_id_;
        span.span_id = random_.span_id();
        span.parent_span_id = parent;
        span.name = std::move(span_name);
        span.kind = kind;
        span.start = UnixNanos{t};
        span.attributes = {{"ark.session.id", config_.session_id},
                           {"ark.query.id", query_id_},
                           {"query.name", query_id_},
                           {"query.namespace", "default"}};
        append(span.attributes, std::move(attributes));
        emit(std::string(reason) + "Start", severity_info, span.span_id, parent, t, operation.data);
        return operation;
    }

    void end(Operation operation, std::uint64_t t, std::optional<Failure> failure, ValueMap data, ValueMap attributes) {
        auto& span = operation.span;
        span.end = UnixNanos{t};
        span.status_code = failure ? status_error : status_ok;
        append(span.attributes, std::move(attributes));
        append(operation.data, std::move(data));
        operation.data.emplace_back("durationMs",
                                    static_cast<double>(t - span.start.value()) / static_cast<double>(ms));
        if (failure) {
            span.status_message = failure->text;
            span.attributes.emplace_back("error.type", failure->type);
            span.events.push_back(
                {span.end, "exception", {{"exception.type", failure->type}, {"exception.message", failure->text}}});
            append(operation.data, {{"error", failure->text}, {"errorType", failure->type}});
        }
        emit(std::string(operation.reason) + (failure ? "Error" : "Complete"), failure ? severity_warn : severity_info,
             span.span_id, span.parent_span_id, t, std::move(operation.data));
        const auto at = span.end;
        steps_.push_back({at, std::move(span)});
    }

    void emit(std::string reason, std::uint32_t severity, SpanId span, SpanId parent, std::uint64_t t, ValueMap data) {
        otlp::LogRecord record;
        record.time = UnixNanos{t};
        record.severity_number = severity;
        record.severity_text = severity == severity_info ? "INFO" : "WARN";
        record.event_name = std::move(reason);
        record.trace_id = trace_id_;
        record.span_id = span;
        record.attributes = {{"sessionId", config_.session_id},
                             {"queryId", query_id_},
                             {"queryName", query_id_},
                             {"queryNamespace", "default"},
                             {"conversationId", config_.conversation_id}};
        if (parent.valid()) record.attributes.emplace_back("parentSpanId", parent.hex());
        append(record.attributes, std::move(data));
        steps_.push_back({record.time, std::move(record)});
    }

    /// One message in the GenAI conventions' shape. The texts are ours and need no escapes.
    static std::string messages(std::string_view role, std::string_view text) {
        std::string json = R"([{"role":")";
        json += role;
        json += R"(","parts":[{"type":"text","content":")";
        json += text;
        json += R"("}]}])";
        return json;
    }

    const ScriptConfig& config_;
    Random& random_;
    const Topic& topic_;
    TraceId trace_id_;
    std::string query_id_;
    std::vector<Step> steps_;
};

}  // namespace

std::vector<Step> write_query(const ScriptConfig& config, Random& random) {
    return Script(config, random).write();
}

}  // namespace ark::loadgen
