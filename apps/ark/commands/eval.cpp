#include "codec/yaml_reader.hpp"
#include "commands/commands.hpp"
#include "eval_controller.hpp"
#include "eval_follow.hpp"
#include "eval_report.hpp"
#include "evaluations/result_json.hpp"
#include "event_file.hpp"
#include "filters.hpp"
#include "judge.hpp"

#include <algorithm>
#include <fstream>

namespace ark::cli {
namespace {

constexpr std::size_t document_bytes_max = 4u << 20;

/// What is to be judged: expressions of the command line, Evaluation documents of files.
struct Checks {
    std::vector<std::string> expressions;
    std::vector<JsonValue> documents;
};

Status read_documents(const std::string& path, Checks& checks) {
    ARK_TRY(const auto text, read_whole(path, document_bytes_max));
    auto documents = codec::parse_yaml(text);
    if (!documents) return fail(Errc::bad_argument, path + ": " + documents.error().context);
    for (auto& document : *documents) {
        // What does not hold together is said before anything is sent.
        if (auto definition = evaluations::read_definition(document.value);
            !definition && definition.error().code != Errc::unsupported) {
            return fail(Errc::bad_argument,
                        path + ": line " + std::to_string(document.line) + ": " + definition.error().context);
        }
        checks.documents.push_back(std::move(document.value));
    }
    return ok();
}

Result<Checks> read_checks(const Invocation& invocation) {
    Checks checks;
    checks.expressions = invocation.all("expr");
    for (const auto& path : invocation.all("file")) {
        ARK_TRY_STATUS(read_documents(path, checks));
    }
    if (checks.expressions.empty() && checks.documents.empty()) {
        return fail(Errc::bad_argument, "nothing to evaluate: give --expr 'EXPR' or -f FILE");
    }
    return checks;
}

std::string name_of(const JsonValue& document) {
    const auto name = document["metadata"]["name"].text(document["name"].text());
    return name.empty() ? "evaluation" : std::string(name);
}

/// What does not compile, one text a problem.
void add_problems(const std::string& where, std::string_view expression, std::vector<std::string>& problems) {
    for (const auto& problem : evaluations::compile(expression).problems)
        problems.push_back(where + describe_problem(expression, evaluations::json_of(problem)));
}

std::vector<std::string> problems_of(const Checks& checks) {
    std::vector<std::string> problems;
    for (const auto& expression : checks.expressions)
        add_problems("", expression, problems);
    for (const auto& document : checks.documents) {
        const auto definition = evaluations::read_definition(document);
        if (!definition) continue;
        for (const auto& rule : definition->rules)
            add_problems(printable(name_of(document) + "/" + rule.name) + ": ", rule.expression, problems);
    }
    return problems;
}

void say_problems(const std::vector<std::string>& problems, const Context& context) {
    for (const auto& problem : problems)
        say(paint("error:", Style::red, context.color_errors()) + " " + problem);
}

Result<Exit> run_check(Context& context, const Invocation& invocation) {
    ARK_TRY(const auto checks, read_checks(invocation));
    const auto problems = problems_of(checks);
    say_problems(problems, context);
    if (!problems.empty()) return Exit::usage;
    context.note("everything compiles");
    return Exit::success;
}

Result<JudgeOptions> read_options(const Invocation& invocation) {
    JudgeOptions options;
    options.subject.query = invocation.text("query");
    options.subject.session = invocation.text("session");
    options.filter = invocation.text("filter");
    options.explain = invocation.flag("explain");
    options.fail_fast = invocation.flag("fail-fast");
    options.dry_run = invocation.flag("dry-run");
    if (invocation.has("wait")) {
        ARK_TRY_STATUS(invocation.duration_nanos("wait", 0));
        options.wait = invocation.text("wait");
    }
    return options;
}

/// What does not compile is not sent to anybody.
Result<JsonValue> judge_expression(Judge& judge, const std::string& expression) {
    const auto compiled = evaluations::compile(expression);
    if (compiled.program) return judge.expression(expression);
    evaluations::Outcome outcome;
    outcome.problem = compiled.problems.front();
    return evaluations::json_of(outcome);
}

/// Judges until one fails, with --fail-fast, or all are judged.
Result<std::vector<Verdict>> judge_all(const Context& context, Judge& judge, const Checks& checks,
                                       const JudgeOptions& options) {
    std::vector<Verdict> verdicts;
    const auto enough = [&] { return options.fail_fast && !verdicts.empty() && !verdicts.back().passed(); };
    for (const auto& expression : checks.expressions) {
        if (enough()) return verdicts;
        ARK_TRY(auto result, judge_expression(judge, expression));
        verdicts.push_back({"expr", expression, std::move(result)});
    }
    for (const auto& document : checks.documents) {
        if (enough()) return verdicts;
        auto result = is_for_controller(document) ? evaluate_at_controller(context, options, document)
                                                  : judge.evaluation(document);
        if (!result) return result.error();
        verdicts.push_back({name_of(document), "", std::move(*result)});
    }
    return verdicts;
}

/// What programs get: of an expression its value or error, of an evaluation its result.
JsonValue bare(const Verdict& verdict, bool explain) {
    if (!verdict.is_expression() || explain) return verdict.result;
    const auto* member = verdict.result["error"].is_null() ? "value" : "error";
    return JsonValue{JsonValue::Object{{member, verdict.result[member]}}};
}

void write_verdicts(const Context& context, const std::vector<Verdict>& verdicts, bool explain) {
    const auto format = context.format.value_or(Format::table);
    for (const auto& verdict : verdicts) {
        if (format == Format::table || format == Format::wide) {
            context.out().write(report_of(verdict, explain, context.color()));
        } else {
            write_one(context, format, bare(verdict, explain));
        }
    }
}

Status write_junit(const std::string& path, const std::vector<Verdict>& verdicts) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << junit_of(verdicts);
    file.close();
    return file ? ok() : fail(Errc::bad_argument, "cannot write " + path);
}

bool for_people(const Context& context) {
    const auto format = context.format.value_or(Format::table);
    return format == Format::table || format == Format::wide;
}

Result<Exit> judge_with(Context& context, const Invocation& invocation, const Checks& checks, Judge& judge,
                        const JudgeOptions& options) {
    const auto problems = problems_of(checks);
    // Programs get an error as data, in the place of the value.
    if (for_people(context)) say_problems(problems, context);
    if (for_people(context) && !problems.empty() && checks.documents.empty()) return Exit::usage;
    ARK_TRY(const auto verdicts, judge_all(context, judge, checks, options));
    write_verdicts(context, verdicts, invocation.flag("explain"));
    if (const auto junit = invocation.text("junit"); !junit.empty()) {
        ARK_TRY_STATUS(write_junit(junit, verdicts));
    }
    if (!problems.empty()) return Exit::usage;
    const bool passed =
        std::all_of(verdicts.begin(), verdicts.end(), [](const Verdict& each) { return each.passed(); });
    return passed ? Exit::success : Exit::failed;
}

Result<Exit> run_over_file(Context& context, const Invocation& invocation, const Checks& checks) {
    for (const auto* name : {"filter", "follow", "wait", "dry-run"}) {
        if (invocation.has(name))
            return fail(Errc::bad_argument, std::string("--") + name + " is of a broker: leave out --events");
    }
    ARK_TRY(auto events, read_event_file(invocation.text("events")));
    ARK_TRY(const auto options, read_options(invocation));
    if (std::any_of(checks.documents.begin(), checks.documents.end(), is_for_controller))
        return fail(Errc::bad_argument, "a controller judges that, not a file of events: leave out --events");
    const auto judge = judge_of_events(std::move(events), options);
    return judge_with(context, invocation, checks, *judge, options);
}

Result<Exit> run_over_broker(Context& context, const Invocation& invocation, const Checks& checks) {
    ARK_TRY(auto api, ApiClient::create(context));
    ARK_TRY(auto options, read_options(invocation));
    if (options.subject.session == "@latest") {
        ARK_TRY(options.subject.session, latest_id(api, "/v1/sessions"));
    }
    if (options.subject.query == "@latest") {
        ARK_TRY(options.subject.query, latest_id(api, "/v1/queries"));
    }
    if (invocation.flag("follow")) {
        if (std::any_of(checks.documents.begin(), checks.documents.end(), is_for_controller))
            return fail(Errc::bad_argument, "--follow is of rules over events: leave it out, the end is waited for");
        return follow_evaluation(context, api, options, checks.expressions, checks.documents);
    }
    const auto judge = judge_of_broker(api, options);
    return judge_with(context, invocation, checks, *judge, options);
}

Result<Exit> run_eval(Context& context, const Invocation& invocation) {
    ARK_TRY(const auto checks, read_checks(invocation));
    return invocation.has("events") ? run_over_file(context, invocation, checks)
                                    : run_over_broker(context, invocation, checks);
}

std::vector<OptionSpec> check_options() {
    return {{"--expr", "EXPR", "an expression (may be repeated)", "", {}, true, Complete::nothing},
            {"-f,--file",
             "FILE",
             "Evaluation documents, YAML or JSON; - for standard input",
             "",
             {},
             true,
             Complete::files}};
}

std::vector<OptionSpec> run_options() {
    auto options = check_options();
    const auto add = [&options](std::string name, std::string value, std::string help,
                                Complete complete = Complete::nothing) {
        options.push_back({std::move(name), std::move(value), std::move(help), "", {}, false, complete});
    };
    add("--events", "FILE", "over these events instead of a broker's: JSON array or NDJSON; - for standard input",
        Complete::files);
    add("--query", "ID", "over the events of this query: id or name");
    add("--session", "ID", "over the events of this session");
    add("--filter", "EXPR", "over the events for which this expression is true");
    add("--wait", "TIME", "until the query has ended, at most so long");
    add("--follow", "", "go on while the query runs: a line for each change");
    add("--dry-run", "", "do not record the result");
    add("--explain", "", "which calls and events led to each value");
    add("--fail-fast", "", "stop at the first that fails");
    add("--junit", "FILE", "write the results as JUnit XML", Complete::files);
    return options;
}

}  // namespace

void add_eval(CommandTable& table) {
    CommandSpec group;
    group.path = "eval";
    group.summary = "Judge what agents did: expressions and evaluations over events";
    table.push_back(std::move(group));

    CommandSpec run;
    run.path = "eval run";
    run.summary = "Evaluate expressions or Evaluation documents";
    run.details =
        "Exit 0 when all pass, 2 when one fails, 1 when an expression does not compile. For example:\n"
        "  ark eval run --session @latest --expr 'tool.was_called(\"search\") && not tool.had_error()'\n"
        "  ark eval run -f checks.yaml --query q-1 --wait 5m --junit results.xml\n"
        "  ark eval run -f judged-by-a-model.yaml            # direct, query, baseline, batch: at the controller\n"
        "  ark eval run --events events.ndjson --query q-1 --expr 'llm.get_total_tokens()' -o json";
    run.options = run_options();
    run.run = run_eval;
    table.push_back(std::move(run));

    CommandSpec check;
    check.path = "eval check";
    check.summary = "Compile only: say what is wrong with expressions, and where";
    check.options = check_options();
    check.run = run_check;
    table.push_back(std::move(check));
}

}  // namespace ark::cli
