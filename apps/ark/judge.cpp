#include "judge.hpp"

#include "evaluations/result_json.hpp"

namespace ark::cli {
namespace {

using codec::JsonValue;
using evaluations::Evaluator;

class EventsJudge final : public Judge {
public:
    EventsJudge(std::vector<JsonValue> events, JudgeOptions options)
        : source_(std::move(events)), options_(std::move(options)) {}

    Result<JsonValue> expression(std::string_view text) override {
        Evaluator evaluator(source_, options_.subject, system_clock());
        ARK_TRY(const auto outcome, evaluator.evaluate(evaluations::compile(text)));
        return evaluations::json_of(outcome, evaluations::Explain::yes);
    }

    Result<JsonValue> evaluation(const JsonValue& document) override {
        ARK_TRY(auto definition, evaluations::read_definition(document));
        auto subject = options_.subject;
        if (subject.query.empty()) subject.query = definition.subject.query;
        if (subject.session.empty()) subject.session = definition.subject.session;
        Evaluator evaluator(source_, std::move(subject), system_clock());
        using OnFailure = evaluations::Evaluation::OnFailure;
        const evaluations::Evaluation evaluation(std::move(definition));
        ARK_TRY(const auto result, evaluation.run(evaluator, options_.fail_fast ? OnFailure::stop : OnFailure::go_on));
        return evaluations::json_of(result, options_.explain ? evaluations::Explain::yes : evaluations::Explain::no);
    }

private:
    evaluations::OneLog source_;
    const JudgeOptions options_;
};

/// The body of POST /v1/evaluations but for what is to be judged.
JsonValue request_of(const JudgeOptions& options) {
    JsonValue request{JsonValue::Object{}};
    const auto add = [&request](std::string_view name, const std::string& text) {
        if (!text.empty()) request.set(name, JsonValue{text});
    };
    add("query", options.subject.query);
    add("session", options.subject.session);
    add("filter", options.filter);
    add("wait", options.wait);
    for (const auto& [name, given] : {std::pair{"explain", options.explain}, std::pair{"failFast", options.fail_fast},
                                      std::pair{"dryRun", options.dry_run}}) {
        if (given) request.set(name, JsonValue{true});
    }
    return request;
}

Result<JsonValue> post(ApiClient& api, const JsonValue& request) {
    net::Fields fields;
    fields.add("content-type", "application/json");
    const auto body = request.dump();
    ARK_TRY(const auto response, api.send("POST", "/v1/evaluations", fields, body));
    if (response.status >= 300) return error_of(response);
    auto answer = JsonValue::parse(response.body);
    if (!answer) return fail(Errc::protocol, "the broker's answer is not JSON");
    return answer;
}

class BrokerJudge final : public Judge {
public:
    BrokerJudge(ApiClient& api, JudgeOptions options) : api_(api), options_(std::move(options)) {}

    Result<JsonValue> expression(std::string_view text) override {
        auto request = request_of(options_);
        request.set("expression", JsonValue{std::string(text)});
        return post(api_, request);
    }

    Result<JsonValue> evaluation(const JsonValue& document) override {
        auto request = request_of(options_);
        request.set("evaluation", document);
        return post(api_, request);
    }

private:
    ApiClient& api_;
    const JudgeOptions options_;
};

}  // namespace

Result<JsonValue> start_live(ApiClient& api, const JudgeOptions& options, const JsonValue& document) {
    auto request = request_of(options);
    request.set("evaluation", document);
    request.set("live", JsonValue{true});
    return post(api, request);
}

std::unique_ptr<Judge> judge_of_events(std::vector<JsonValue> events, JudgeOptions options) {
    return std::make_unique<EventsJudge>(std::move(events), std::move(options));
}

std::unique_ptr<Judge> judge_of_broker(ApiClient& api, JudgeOptions options) {
    return std::make_unique<BrokerJudge>(api, std::move(options));
}

}  // namespace ark::cli
