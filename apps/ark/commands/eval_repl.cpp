#include "commands/commands.hpp"
#include "eval_report.hpp"
#include "evaluations/result_json.hpp"
#include "event_file.hpp"
#include "judge.hpp"

#include <iostream>
#include <optional>

namespace ark::cli {
namespace {

constexpr const char* repl_help =
    "an expression is evaluated; besides:\n"
    "  :query ID     over the events of this query\n"
    "  :session ID   over the events of this session\n"
    "  :explain      say what led to each value, or stop saying it\n"
    "  :quit         as the end of the input";

/// Reads expressions line by line, over a broker or a file's events.
class Repl {
public:
    Repl(const Context& context, ApiClient* api, std::vector<JsonValue> events, JudgeOptions options)
        : context_(context), api_(api), events_(std::move(events)), options_(std::move(options)) {
        renew();
    }

    void run() {
        std::string line;
        while (prompt(), std::getline(std::cin, line)) {
            const auto begin = line.find_first_not_of(" \t");
            if (begin == std::string::npos) continue;
            if (line[begin] != ':') {
                evaluate(line);
            } else if (!obey(line.substr(begin + 1))) {
                return;
            }
        }
    }

private:
    void prompt() const {
        if (!is_terminal(0) || !is_terminal(1)) return;
        context_.out().write("> ");
        context_.out().flush();
    }

    void renew() { judge_ = api_ != nullptr ? judge_of_broker(*api_, options_) : judge_of_events(events_, options_); }

    bool obey(const std::string& words) {
        const auto space = words.find(' ');
        const auto command = words.substr(0, space);
        const auto argument = space == std::string::npos ? "" : words.substr(space + 1);
        if (command == "quit" || command == "q") return false;
        if (command == "query") options_.subject.query = argument;
        if (command == "session") options_.subject.session = argument;
        if (command == "explain") options_.explain = !options_.explain;
        if (command != "query" && command != "session" && command != "explain") say(repl_help);
        renew();
        return true;
    }

    void evaluate(const std::string& text) const {
        const auto compiled = evaluations::compile(text);
        for (const auto& problem : compiled.problems)
            say(describe_problem(text, evaluations::json_of(problem)));
        if (!compiled.program) return;
        auto result = judge_->expression(text);
        if (!result) return say(result.error().context);
        const Verdict verdict{"expr", text, std::move(*result)};
        context_.out().write(report_of(verdict, options_.explain, context_.color()));
        context_.out().flush();
    }

    const Context& context_;
    ApiClient* const api_;  // nullptr: over events_
    const std::vector<JsonValue> events_;
    JudgeOptions options_;
    std::unique_ptr<Judge> judge_;
};

Result<Exit> run_repl(Context& context, const Invocation& invocation) {
    JudgeOptions options;
    options.subject.query = invocation.text("query");
    options.subject.session = invocation.text("session");
    if (invocation.has("events")) {
        if (invocation.text("events") == "-")
            return fail(Errc::bad_argument, "--events -: standard input is for expressions");
        ARK_TRY(auto events, read_event_file(invocation.text("events")));
        Repl(context, nullptr, std::move(events), std::move(options)).run();
        return Exit::success;
    }
    ARK_TRY(auto api, ApiClient::create(context));
    Repl(context, &api, {}, std::move(options)).run();
    return Exit::success;
}

}  // namespace

void add_eval_repl(CommandTable& table) {
    CommandSpec repl;
    repl.path = "eval repl";
    repl.summary = "Try expressions, line by line";
    repl.details = ":help says what else a line may be.";
    repl.options = {{"--events", "FILE", "over these events instead of a broker's", "", {}, false, Complete::files},
                    {"--query", "ID", "over the events of this query: id or name", "", {}, false, Complete::nothing},
                    {"--session", "ID", "over the events of this session", "", {}, false, Complete::nothing}};
    repl.run = run_repl;
    table.push_back(std::move(repl));
}

}  // namespace ark::cli
