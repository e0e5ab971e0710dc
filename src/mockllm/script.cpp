#include "mockllm/script.hpp"

#include "base/duration.hpp"
#include "base/text.hpp"
#include "codec/yaml_reader.hpp"

#include <algorithm>
#include <functional>

namespace ark::mockllm {

namespace {

// std::regex goes as deep as the text is long.
constexpr std::size_t expression_sees_bytes = 4096;
constexpr std::size_t rules_max = 10'000;

using codec::JsonValue;

Error wrong(std::string what) {
    return fail(Errc::bad_argument, std::move(what));
}

/// YAML makes numbers of what looks like one: 3 is the text "3" all the same.
Result<std::string> text_of(const JsonValue& value, std::string_view where) {
    if (value.is_object() || value.is_array() || value.is_null())
        return wrong(std::string(where) + ": a text was expected");
    return value.is_string() ? std::string(value.text()) : value.dump();
}

Result<std::int64_t> whole(const JsonValue& value, std::string_view where) {
    const auto* const number = std::get_if<std::int64_t>(&value.data);
    if (number == nullptr || *number < 0) return wrong(std::string(where) + ": a whole number was expected");
    return *number;
}

Result<std::chrono::nanoseconds> duration(const JsonValue& value, std::string_view where) {
    const auto parsed = parse_duration(value.text());
    if (!parsed || parsed->count() < 0) return wrong(std::string(where) + ": a time such as 250ms was expected");
    return *parsed;
}

Result<std::vector<std::string>> names(const JsonValue& value, std::string_view where) {
    std::vector<std::string> out;
    if (value.is_string()) out.emplace_back(value.text());
    for (const auto& each : value.array()) {
        ARK_TRY(auto text, text_of(each, where));
        out.push_back(std::move(text));
    }
    if (out.empty()) return wrong(std::string(where) + ": a name or a list of names was expected");
    return out;
}

/// Calls the reader of each member; an unknown one is an error that names those that are known.
using Reader = std::function<Status(const JsonValue& value, std::string_view where)>;
Status members(const JsonValue& object, const std::string& where,
               std::initializer_list<std::pair<std::string_view, Reader>> readers) {
    const auto at = where.empty() ? std::string() : where + ".";
    if (!object.is_object()) return wrong((where.empty() ? "the script" : where) + ": names and values were expected");
    for (const auto& [name, value] : object.object()) {
        const auto known =
            std::find_if(readers.begin(), readers.end(), [&n = name](const auto& r) { return r.first == n; });
        if (known == readers.end()) {
            std::string all;
            for (const auto& [reader_name, read] : readers)
                all += (all.empty() ? "" : ", ") + std::string(reader_name);
            return wrong(at + name + ": not known; known are " + all);
        }
        ARK_TRY_STATUS(known->second(value, at + name));
    }
    return ok();
}

Reader into(std::string& out) {
    return [&out](const JsonValue& value, std::string_view where) -> Status {
        ARK_TRY(out, text_of(value, where));
        return ok();
    };
}
Reader into(std::chrono::nanoseconds& out) {
    return [&out](const JsonValue& value, std::string_view where) -> Status {
        ARK_TRY(out, duration(value, where));
        return ok();
    };
}
Reader into(std::optional<std::int64_t>& out) {
    return [&out](const JsonValue& value, std::string_view where) -> Status {
        ARK_TRY(out, whole(value, where));
        return ok();
    };
}
Reader into(std::vector<std::string>& out) {
    return [&out](const JsonValue& value, std::string_view where) -> Status {
        ARK_TRY(out, names(value, where));
        return ok();
    };
}
Reader into(std::optional<TextMatch>& out) {
    return [&out](const JsonValue& value, std::string_view where) -> Status {
        ARK_TRY(const auto text, text_of(value, where));
        auto parsed = TextMatch::parse(text);
        if (!parsed) return prefix(std::move(parsed).error(), where);
        out = std::move(*parsed);
        return ok();
    };
}

Status read_pace(const JsonValue& value, std::string_view where, Pace& pace) {
    const auto words = [&pace](const JsonValue& number, std::string_view at) -> Status {
        ARK_TRY(const auto n, whole(number, at));
        if (n == 0) return wrong(std::string(at) + ": at least 1");
        pace.words = static_cast<std::size_t>(n);
        return ok();
    };
    return members(value, std::string(where),
                   {{"first", into(pace.first)}, {"piece", into(pace.piece)}, {"words", words}});
}

Status read_when(const JsonValue& value, std::string_view where, When& when) {
    const auto results = [&when](const JsonValue& which, std::string_view at) -> Status {
        if (which.text() == "none" || which.text() == "any") {
            when.any_results = which.text() == "any";
            return ok();
        }
        ARK_TRY(when.results_of, names(which, at));
        return ok();
    };
    return members(value, std::string(where),
                   {{"user", into(when.user)},
                    {"system", into(when.system)},
                    {"model", into(when.model)},
                    {"tool_result", into(when.tool_result)},
                    {"tool_results", results},
                    {"tools", into(when.tools)},
                    {"turn", into(when.turn)}});
}

Status read_calls(const JsonValue& value, std::string_view where, std::vector<ScriptedCall>& calls) {
    if (!value.is_array()) return wrong(std::string(where) + ": a list was expected");
    for (const auto& each : value.array()) {
        ScriptedCall call;
        const auto arguments = [&call](const JsonValue& tree, std::string_view) -> Status {
            call.arguments = tree;
            return ok();
        };
        ARK_TRY_STATUS(members(each, std::string(where), {{"name", into(call.name)}, {"arguments", arguments}}));
        if (call.name.empty()) return wrong(std::string(where) + ": a call needs a name");
        if (call.arguments.is_null()) call.arguments.data = JsonValue::Object{};
        calls.push_back(std::move(call));
    }
    return ok();
}

Status read_reply(const JsonValue& value, std::string_view where, Rule& rule) {
    if (!value.is_object()) return into(rule.text)(value, where);
    const auto calls = [&rule](const JsonValue& list, std::string_view at) { return read_calls(list, at, rule.calls); };
    const auto usage = [&rule](const JsonValue& counts, std::string_view at) {
        auto& u = rule.usage;
        return members(counts, std::string(at),
                       {{"prompt", into(u.prompt)},
                        {"completion", into(u.completion)},
                        {"cached", into(u.cached)},
                        {"reasoning", into(u.reasoning)}});
    };
    return members(value, std::string(where),
                   {{"text", into(rule.text)},
                    {"reasoning", into(rule.reasoning)},
                    {"calls", calls},
                    {"finish", into(rule.finish)},
                    {"usage", usage}});
}

Status read_error(const JsonValue& value, std::string_view where, Rule& rule) {
    auto& error = rule.error.emplace();
    const auto status = [&error](const JsonValue& number, std::string_view at) -> Status {
        ARK_TRY(const auto n, whole(number, at));
        if (n < 400 || n > 599) return wrong(std::string(at) + ": from 400 to 599");
        error.status = static_cast<int>(n);
        return ok();
    };
    const auto retry_after = [&error](const JsonValue& time, std::string_view at) -> Status {
        ARK_TRY(error.retry_after, duration(time, at));
        return ok();
    };
    return members(value, std::string(where),
                   {{"status", status},
                    {"type", into(error.type)},
                    {"code", into(error.code)},
                    {"message", into(error.message)},
                    {"retry_after", retry_after}});
}

Result<Rule> read_rule(const JsonValue& value, const Pace& pace) {
    Rule rule;
    rule.pace = pace;
    bool answers = false;
    const auto reply = [&](const JsonValue& v, std::string_view where) {
        answers = true;
        return read_reply(v, where, rule);
    };
    const auto error = [&](const JsonValue& v, std::string_view where) {
        answers = true;
        return read_error(v, where, rule);
    };
    const auto when = [&](const JsonValue& v, std::string_view where) { return read_when(v, where, rule.when); };
    const auto own_pace = [&](const JsonValue& v, std::string_view where) { return read_pace(v, where, rule.pace); };
    const auto cut = [&](const JsonValue& v, std::string_view where) -> Status {
        ARK_TRY(const auto n, whole(v, where));
        rule.cut_after = static_cast<std::size_t>(n);
        return ok();
    };
    ARK_TRY_STATUS(members(value, "",
                           {{"name", into(rule.name)},
                            {"when", when},
                            {"reply", reply},
                            {"error", error},
                            {"cut_after", cut},
                            {"times", into(rule.times)},
                            {"pace", own_pace}}));
    if (!answers) return wrong("neither reply nor error");
    return rule;
}

bool holds_all(const std::vector<std::string>& wanted, const std::function<bool(const std::string&)>& has) {
    return std::all_of(wanted.begin(), wanted.end(), has);
}

bool holds(const When& when, const Conversation& c, std::vector<std::string>& groups) {
    if (when.turn && *when.turn != c.turn) return false;
    if (when.any_results && *when.any_results == c.results.empty()) return false;
    if (when.model && !when.model->matches(c.model)) return false;
    if (when.system && !when.system->matches(c.system)) return false;
    if (when.tool_result && (c.results.empty() || !when.tool_result->matches(c.results.back().second))) return false;
    const auto has_result = [&c](const std::string& tool) {
        return std::any_of(c.results.begin(), c.results.end(),
                           [&](const auto& result) { return result.first == tool; });
    };
    const auto is_offered = [&c](const std::string& tool) {
        return std::find(c.tools.begin(), c.tools.end(), tool) != c.tools.end();
    };
    if (!holds_all(when.results_of, has_result) || !holds_all(when.tools, is_offered)) return false;
    return !when.user || when.user->matches(c.user, &groups);
}

std::string content_text(const JsonValue& content) {
    if (content.is_string()) return std::string(content.text());
    std::string text;
    for (const auto& part : content.array())
        text += part["text"].text();
    return text;
}

std::string placeholder(std::string_view name, const Conversation& c, const std::vector<std::string>& groups) {
    if (name == "user") return c.user;
    if (name == "model") return c.model;
    if (name == "tool") return c.results.empty() ? "" : c.results.back().second;
    if (name.starts_with("tool.")) {
        for (auto result = c.results.rbegin(); result != c.results.rend(); ++result) {
            if (result->first == name.substr(5)) return result->second;
        }
        return "";
    }
    if (name.size() == 1 && name[0] >= '1' && name[0] <= '9') {
        const auto n = static_cast<std::size_t>(name[0] - '1');
        return n < groups.size() ? groups[n] : "";
    }
    return "{{" + std::string(name) + "}}";
}

}  // namespace

Result<TextMatch> TextMatch::parse(std::string_view pattern) {
    TextMatch match;
    if (pattern.size() >= 2 && pattern.starts_with('/') && pattern.ends_with('/')) {
        match.kind_ = Kind::expression;
        const auto text = pattern.substr(1, pattern.size() - 2);
        try {
            match.expression_.assign(text.begin(), text.end(), std::regex::ECMAScript | std::regex::icase);
        } catch (const std::regex_error& error) {
            return wrong("'" + std::string(pattern) + "' is no regular expression: " + error.what());
        }
    } else if (pattern.starts_with('=')) {
        match.kind_ = Kind::whole;
        match.text_ = pattern.substr(1);
    } else {
        match.text_ = lower_case(pattern);
    }
    return match;
}

bool TextMatch::matches(std::string_view text, std::vector<std::string>* groups) const {
    switch (kind_) {
        case Kind::part:
            return lower_case(text).find(text_) != std::string::npos;
        case Kind::whole:
            return text == text_;
        case Kind::expression:
            break;
    }
    text = text.substr(0, expression_sees_bytes);
    std::match_results<std::string_view::const_iterator> found;
    try {
        if (!std::regex_search(text.begin(), text.end(), found, expression_)) return false;
    } catch (const std::regex_error&) {
        return false;  // an expression that takes too long over this text
    }
    for (std::size_t i = 1; groups != nullptr && i < found.size(); ++i)
        groups->push_back(found[i].str());
    return true;
}

Result<Script> Script::parse(std::string_view yaml) {
    ARK_TRY(const auto documents, codec::parse_yaml(yaml));
    if (documents.size() != 1) return wrong("the script: one document was expected");
    Script script;
    Pace pace;
    JsonValue rules;
    const auto read_default_pace = [&](const JsonValue& v, std::string_view where) {
        return read_pace(v, where, pace);
    };
    const auto keep = [&rules](const JsonValue& list, std::string_view where) -> Status {
        if (!list.is_array() || list.size() == 0) return wrong(std::string(where) + ": a list of rules was expected");
        rules = list;
        return ok();
    };
    ARK_TRY_STATUS(members(documents[0].value, "",
                           {{"models", into(script.models)},
                            {"api_key", into(script.api_key)},
                            {"pace", read_default_pace},
                            {"rules", keep}}));
    if (rules.size() == 0) return wrong("the script has no rules");
    if (rules.size() > rules_max) return wrong("the script has more than " + std::to_string(rules_max) + " rules");
    std::size_t number = 0;
    for (const auto& each : rules.array()) {
        auto where = "rule " + std::to_string(++number);
        if (each["name"].is_string()) where += " (" + std::string(each["name"].text()) + ")";
        auto rule = read_rule(each, pace);
        if (!rule) return prefix(std::move(rule).error(), where);
        if (rule->name.empty()) rule->name = where;
        script.rules.push_back(std::move(*rule));
    }
    if (script.models.empty()) script.models = {"mock"};
    return script;
}

Result<Conversation> Conversation::of(const JsonValue& request) {
    if (!request["model"].is_string()) return wrong("model: missing");
    if (request["messages"].size() == 0) return wrong("messages: at least one is needed");
    Conversation c;
    c.model = request["model"].text();
    std::vector<std::pair<std::string, std::string>> called;  // id, tool
    for (const auto& message : request["messages"].array()) {
        const auto role = message["role"].text();
        auto text = content_text(message["content"]);
        c.bytes += text.size();
        if (role == "system" || role == "developer") {
            c.system += (c.system.empty() ? "" : "\n") + text;
        } else if (role == "user") {
            c.user = std::move(text);
            c.results.clear();
            c.turn = 0;
        } else if (role == "assistant") {
            ++c.turn;
            for (const auto& call : message["tool_calls"].array())
                called.emplace_back(call["id"].text(), call["function"]["name"].text());
        } else if (role == "tool") {
            const auto id = message["tool_call_id"].text();
            const auto call =
                std::find_if(called.begin(), called.end(), [&](const auto& known) { return known.first == id; });
            if (call == called.end()) return wrong("a tool message answers no call: '" + std::string(id) + "'");
            c.results.emplace_back(call->second, std::move(text));
        } else {
            return wrong("a message of the role '" + std::string(role) + "'");
        }
    }
    for (const auto& tool : request["tools"].array())
        c.tools.emplace_back(tool["function"]["name"].text());
    return c;
}

const Rule* choose(const Script& script, const Conversation& conversation,
                   const std::function<bool(const Rule&)>& may_use, std::vector<std::string>& groups) {
    for (const auto& rule : script.rules) {
        groups.clear();
        if (holds(rule.when, conversation, groups) && may_use(rule)) return &rule;
    }
    return nullptr;
}

std::string fill(std::string_view text, const Conversation& conversation, const std::vector<std::string>& groups) {
    std::string out;
    while (true) {
        const auto begin = text.find("{{");
        const auto end = begin == text.npos ? text.npos : text.find("}}", begin);
        if (end == text.npos) return out.append(text);
        out += text.substr(0, begin);
        out += placeholder(text.substr(begin + 2, end - begin - 2), conversation, groups);
        text.remove_prefix(end + 2);
    }
}

JsonValue fill(const JsonValue& value, const Conversation& conversation, const std::vector<std::string>& groups) {
    JsonValue out = value;
    if (value.is_string()) out.data = fill(value.text(), conversation, groups);
    if (auto* const list = std::get_if<JsonValue::Array>(&out.data)) {
        for (auto& each : *list)
            each = fill(each, conversation, groups);
    }
    if (auto* const object = std::get_if<JsonValue::Object>(&out.data)) {
        for (auto& [name, member] : *object)
            member = fill(member, conversation, groups);
    }
    return out;
}

}  // namespace ark::mockllm
