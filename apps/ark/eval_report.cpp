#include "eval_report.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::cli {
namespace {

constexpr std::size_t value_width = 60;
constexpr std::size_t ids_shown = 5;

std::string value_text(const JsonValue& value) {
    return fit(value.is_string() ? std::string(value.text()) : value.dump(), value_width);
}

std::string mark(bool passed, bool color) {
    const auto* glyph = locale_is_utf8() ? (passed ? "✓" : "✕") : (passed ? "ok" : "FAIL");
    return paint(glyph, passed ? Style::green : Style::red, color);
}

std::string events_text(std::int64_t count, const JsonValue& ids) {
    if (count == 0) return "no events";
    auto text = fmt::format("{} event{}:", count, count == 1 ? "" : "s");
    for (std::size_t i = 0; i < std::min(ids.size(), ids_shown); ++i)
        text += " " + printable(ids[i].text());
    return ids.size() > ids_shown ? text + " …" : text;
}

std::string steps_text(const JsonValue& result) {
    std::string text;
    for (const auto& step : result["steps"].array()) {
        text += fmt::format("    {}  {}  {}\n", printable(step["call"].text()), value_text(step["value"]),
                            events_text(step["events"].integer(), step["evidence"]));
    }
    if (text.empty() && !result["evidence"].is_null()) {
        text = "    looked at " + events_text(result["evidenceCount"].integer(), result["evidence"]) + "\n";
    }
    return text;
}

std::string reason_text(const JsonValue& error) {
    return fmt::format("{}: {}", printable(error["code"].text()), printable(error["message"].text()));
}

std::string expression_report(const Verdict& verdict, bool explain, bool color) {
    const auto& result = verdict.result;
    std::string text;
    if (!result["error"].is_null()) {
        text = mark(false, color) + " " + printable(verdict.expression) + "\n  " + reason_text(result["error"]) + "\n";
    } else if (std::holds_alternative<bool>(result["value"].data)) {
        const bool value = result["value"].boolean();
        text = fmt::format("{} {}  {}\n", mark(value, color), printable(verdict.expression), value);
    } else {
        text = printable(result["value"].dump()) + "\n";
    }
    return explain ? text + steps_text(result) : text;
}

std::string rule_report(const JsonValue& rule, bool explain, bool color) {
    auto text = fmt::format("{} {}", mark(rule["passed"].boolean(), color), printable(rule["name"].text()));
    const auto weight = rule["weight"].integer();
    if (weight != 1) text += paint(fmt::format("  weight {}", weight), Style::dim, color);
    if (rule["skipped"].boolean()) return text + "  skipped\n";
    if (!rule["passed"].boolean() || explain)
        text += "  " + paint(printable(rule["expression"].text()), Style::dim, color);
    text += "\n";
    if (!rule["error"].is_null()) text += "    " + reason_text(rule["error"]) + "\n";
    return explain ? text + steps_text(rule) : text;
}

/// What a model, or a batch, said of something: no rules.
std::string judged_report(const Verdict& verdict, bool explain, bool color) {
    const auto& result = verdict.result;
    const auto& metadata = result["metadata"];
    std::string text;
    for (const auto& child : result["batchProgress"]["childEvaluations"].array()) {
        text +=
            fmt::format("{} {}  {}\n", mark(child["passed"].boolean(), color), printable(child["name"].text()),
                        printable(child["phase"].text() == "done" ? child["score"].text() : child["message"].text()));
    }
    text += fmt::format("{} {}  ", mark(verdict.passed(), color), printable(verdict.name));
    if (!result["error"].is_null()) return text + printable(result["error"]["message"].text()) + "\n";
    text += fmt::format("score {}", printable(result["score"].text()));
    if (const auto least = metadata["min_score_threshold"].text(); !least.empty())
        text += fmt::format(" of {} needed", printable(least));
    text += "\n";
    if (const auto why = metadata["reasoning"].text(); !why.empty()) text += "    " + printable(why) + "\n";
    if (!explain) return text;
    for (const auto& [name, value] : metadata.object()) {
        if (name != "reasoning") text += fmt::format("    {}  {}\n", printable(name), printable(value.text()));
    }
    return text;
}

std::string evaluation_report(const Verdict& verdict, bool explain, bool color) {
    const auto& result = verdict.result;
    if (!result["rules"].is_array()) return judged_report(verdict, explain, color);
    const auto& metadata = result["metadata"];
    std::string text;
    for (const auto& rule : result["rules"].array())
        text += rule_report(rule, explain, color);
    text += fmt::format("{} {}  score {} of {} needed, {} of {} rules, {} events\n", mark(verdict.passed(), color),
                        printable(verdict.name), printable(result["score"].text()),
                        printable(metadata["min_score_threshold"].text()), metadata["passed_rules"].integer(),
                        metadata["total_rules"].integer(), metadata["events_analyzed"].integer());
    return text;
}

std::string xml(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:  // XML 1.0 has no other control characters
                out.push_back(static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c);
        }
    }
    return out;
}

std::string junit_case(std::string_view suite, std::string_view name, bool passed, const JsonValue& result,
                       std::string_view expression) {
    auto text = fmt::format("    <testcase classname=\"{}\" name=\"{}\"", xml(suite), xml(name));
    if (result["skipped"].boolean()) return text + "><skipped/></testcase>\n";
    if (!result["error"].is_null()) {
        return text + fmt::format("><error type=\"{}\" message=\"{}\">{}</error></testcase>\n",
                                  xml(result["error"]["code"].text()), xml(result["error"]["message"].text()),
                                  xml(expression));
    }
    if (passed) return text + "/>\n";
    return text + fmt::format("><failure message=\"{}\">{}</failure></testcase>\n",
                              xml(result["value"].is_null() && !result["score"].is_null()
                                      ? "scored " + std::string(result["score"].text())
                                      : "gave " + result["value"].dump()),
                              xml(expression));
}

struct Counts {
    std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
    void count(bool passed, const JsonValue& result) {
        ++tests;
        if (result["skipped"].boolean()) {
            ++skipped;
        } else if (!result["error"].is_null()) {
            ++errors;
        } else if (!passed) {
            ++failures;
        }
    }
};

std::string junit_suite(const Verdict& verdict) {
    Counts counts;
    std::string cases;
    const auto add = [&](std::string_view name, bool passed, const JsonValue& result, std::string_view expression) {
        counts.count(passed, result);
        cases += junit_case(verdict.name, name, passed, result, expression);
    };
    if (verdict.is_expression()) add(verdict.expression, verdict.passed(), verdict.result, verdict.expression);
    const bool judged = !verdict.is_expression() && !verdict.result["rules"].is_array();
    if (judged) add(verdict.name, verdict.passed(), verdict.result, verdict.result["metadata"]["reasoning"].text());
    for (const auto& rule : verdict.result["rules"].array())
        add(rule["name"].text(), rule["passed"].boolean(), rule, rule["expression"].text());
    return fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n{}  </testsuite>\n",
        xml(verdict.name), counts.tests, counts.failures, counts.errors, counts.skipped, cases);
}

}  // namespace

bool Verdict::passed() const {
    if (!is_expression()) return result["passed"].boolean();
    if (!result["error"].is_null()) return false;
    const auto* boolean = std::get_if<bool>(&result["value"].data);
    return boolean == nullptr || *boolean;
}

std::string report_of(const Verdict& verdict, bool explain, bool color) {
    return verdict.is_expression() ? expression_report(verdict, explain, color)
                                   : evaluation_report(verdict, explain, color);
}

std::string describe_problem(std::string_view expression, const JsonValue& problem) {
    auto text = fmt::format("line {}, column {}: {}", problem["line"].integer(), problem["column"].integer(),
                            printable(problem["message"].text()));
    if (const auto suggestion = problem["suggestion"].text(); !suggestion.empty())
        text += ", did you mean " + printable(suggestion) + "?";
    const auto at =
        std::min(static_cast<std::size_t>(std::max<std::int64_t>(problem["position"].integer(), 0)), expression.size());
    const auto begin = at == 0 ? 0 : expression.rfind('\n', at - 1) + 1;  // npos + 1 is the beginning
    const auto line = expression.substr(begin, expression.find('\n', begin) - begin);
    return fmt::format("{}\n  {}\n  {}^", text, printable(line),
                       std::string(display_width(expression.substr(begin, at - begin)), ' '));
}

std::string junit_of(const std::vector<Verdict>& verdicts) {
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
    for (const auto& verdict : verdicts)
        text += junit_suite(verdict);
    return text + "</testsuites>\n";
}

}  // namespace ark::cli
