#include "commands/commands.hpp"
#include "filters.hpp"
#include "follow.hpp"
#include "resources.hpp"
#include "watchdog.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::cli {
namespace {

constexpr std::uint64_t page_rows_max = 1000;  // the API's own bound

JsonValue* member(JsonValue& object, std::string_view name) {
    if (!object.is_object()) return nullptr;
    for (auto& [key, value] : std::get<JsonValue::Object>(object.data)) {
        if (key == name) return &value;
    }
    return nullptr;
}

/// Pages until `limit` rows (0: all) are there. The watch cursor is the first page's: what changed since is shown
/// again, not lost.
Result<JsonValue> collect(ApiClient& api, const Target& target, std::uint64_t limit) {
    JsonValue all;
    JsonValue::Array rows;
    std::string cursor;
    for (;;) {
        const auto wanted = limit == 0 ? page_rows_max : std::min<std::uint64_t>(limit - rows.size(), page_rows_max);
        auto next = target;
        next.add("limit", std::to_string(wanted)).add("cursor", cursor);
        ARK_TRY(auto page, api.get(next));
        if (auto* items = member(page, "items"); items != nullptr && items->is_array()) {
            auto& array = std::get<JsonValue::Array>(items->data);
            std::move(array.begin(), array.end(), std::back_inserter(rows));
        }
        cursor = page["nextCursor"].text();
        if (all.is_null()) {
            all = std::move(page);
        } else if (auto* last = member(all, "nextCursor")) {
            *last = cursor.empty() ? JsonValue{} : JsonValue{cursor};
        }
        if (cursor.empty() || (limit != 0 && rows.size() >= limit)) break;
    }
    if (auto* items = member(all, "items")) items->data = std::move(rows);
    return all;
}

/// Goes on under a list: each row again when it changes, each item when it comes.
Result<Exit> watch_rows(const Context& context, ApiClient& api, const Resource& resource, Format format,
                        const Target& filters, const std::string& cursor, const TextTable& table) {
    auto target = filters;
    target.add("topics", resource.topic).add("since", cursor.empty() ? "now" : cursor);
    if (resource.rows) target.add("snapshot", "false");
    const auto columns = visible(resource.columns, format);
    const bool as_table = format == Format::table || format == Format::wide;
    Watchdog watchdog([&api] { api.raw().abort(); });
    if (context.timeout_given) watchdog.limit_total(context.timeout);
    StreamFollower follower(context, api.raw(), watchdog, target.text());
    const auto status = follower.run([&](const net::SseEvent& event) {
        if (event.type == "gap") say("gap: some changes are missing here");
        if (event.type != resource.topic) return true;
        const auto row = JsonValue::parse(event.data);
        if (!row) return true;
        if (as_table) {
            table.write_row(context.out(), cells_of(columns, *row, context), context.color());
        } else {
            context.out().line(format == Format::name ? printable((*row)["id"].text()) : event.data);
        }
        context.out().flush();
        return true;
    });
    if (!status) return status.error();
    if (watchdog.cause() == Watchdog::Cause::signal) return Exit{128 + watchdog.signal()};
    return watchdog.cause() == Watchdog::Cause::total ? Exit::timeout : Exit::success;
}

Result<Exit> run_list(Context& context, const Invocation& invocation, std::string_view plural) {
    const auto resources = all_resources();
    const auto& resource = resource_named(resources, plural);
    const bool watch = invocation.flag("watch");
    const auto format = context.format.value_or(Format::table);
    if (watch && (format == Format::json || format == Format::yaml)) {
        return fail(Errc::bad_argument, "--watch goes on for ever: use -o table, wide, name or ndjson");
    }
    ARK_TRY(const auto limit, invocation.whole_number("limit", 100));
    ARK_TRY(auto api, ApiClient::create(context));
    const std::string path = "/v1/" + resource.plural;
    Target list(path);
    Target stream("/v1/stream");
    ARK_TRY_STATUS(add_filters(list, api, invocation, FilterUse::list));
    if (watch) {
        ARK_TRY_STATUS(add_filters(stream, api, invocation, FilterUse::stream));
    }
    list.add("from", moment(invocation.text("since"))).add("until", moment(invocation.text("until")));
    list.add("q", invocation.text("search")).add("order", invocation.flag("oldest-first") ? "asc" : "");
    ARK_TRY(const auto page, collect(api, list, limit));
    const auto table = write_page(context, format, resource.columns, page);
    context.out().flush();
    if (watch)
        return watch_rows(context, api, resource, format, stream, std::string(page["watchCursor"].text()), table);
    if (!page["nextCursor"].is_null() && is_terminal(1))
        context.note(fmt::format("more than {}: --limit N, 0 for all", limit));
    if (page["items"].size() == 0 && is_terminal(1)) context.note("no " + resource.plural + " match");
    return Exit::success;
}

/// "session/s-1" and "s-1" mean the same.
std::string without_type(const std::string& text, const Resource& resource) {
    const auto type = resource.singular + "/";
    return text.starts_with(type) ? text.substr(type.size()) : text;
}

std::string path_of(const Resource& resource, const std::string& id) {
    auto path = "/v1/" + resource.plural + "/";
    const auto slash = resource.plural == "spans" ? id.find('/') : std::string::npos;
    if (slash == std::string::npos) return path + net::percent_encode(id);
    return path + net::percent_encode(id.substr(0, slash)) + "/" + net::percent_encode(id.substr(slash + 1));
}

/// The one row whose id begins like this; not_found says which ones were near.
Result<std::string> complete_prefix(ApiClient& api, const Resource& resource, const std::string& prefix) {
    Target target("/v1/" + resource.plural);
    target.add("q", prefix).add("limit", "50");
    ARK_TRY(const auto page, api.get(target));
    std::vector<std::string> matches;
    for (const auto& row : page["items"].array()) {
        if (row["id"].text().starts_with(prefix)) matches.emplace_back(row["id"].text());
    }
    if (matches.size() == 1) return matches.front();
    std::string text = "no " + resource.singular + " '" + prefix + "'";
    if (matches.size() > 1) {
        text = "'" + prefix + "' is not unique:";
        for (std::size_t i = 0; i < std::min<std::size_t>(matches.size(), 5); ++i)
            text += " " + matches[i];
        if (matches.size() > 5) text += " …";
    }
    return fail(Errc::not_found, text + "\n  try: ark " + resource.plural + " list");
}

Result<Exit> run_get(Context& context, const Invocation& invocation, std::string_view plural) {
    const auto resources = all_resources();
    const auto& resource = resource_named(resources, plural);
    ARK_TRY(auto api, ApiClient::create(context));
    auto id = without_type(invocation.text("ID"), resource);
    if (id == "@latest") {
        ARK_TRY(id, latest_id(api, "/v1/" + resource.plural));
    }
    const auto target_of = [&](const std::string& of) {
        Target target(path_of(resource, of));
        return invocation.flag("full") ? target.add("view", "full") : target;
    };
    auto value = api.get(target_of(id));
    if (!value && value.error().code == Errc::not_found && resource.rows) {
        ARK_TRY(id, complete_prefix(api, resource, id));
        value = api.get(target_of(id));
    }
    if (!value) return std::move(value).error();
    write_one(context, context.format.value_or(Format::yaml), *value);
    return Exit::success;
}

template <std::size_t N>
struct Literal {
    char text[N];
    constexpr Literal(const char (&from)[N]) { std::copy_n(from, N, text); }
};
/// A command is a plain function: one of these for each resource.
template <Literal Plural>
Result<Exit> list(Context& context, const Invocation& invocation) {
    return run_list(context, invocation, Plural.text);
}
template <Literal Plural>
Result<Exit> get(Context& context, const Invocation& invocation) {
    return run_get(context, invocation, Plural.text);
}

void add_resource(CommandTable& table, const std::string& plural, const std::string& summary, Run list_rows,
                  Run get_one, bool rows) {
    CommandSpec group;
    group.path = plural;
    group.summary = summary;
    table.push_back(std::move(group));

    CommandSpec command;
    command.path = plural + " list";
    command.summary = "List " + plural + ", newest first";
    command.options = filter_options();
    for (auto& option : std::vector<OptionSpec>{
             {"--since",
              "WHEN",
              "only what happened since: 15m, or an RFC 3339 time",
              "",
              {},
              false,
              Complete::nothing},
             {"--until", "WHEN", "only what happened before", "", {}, false, Complete::nothing},
             {"--search", "TEXT", "only where id or name contain this", "", {}, false, Complete::nothing},
             {"--limit", "N", "at most so many; 0: all", "100", {}, false, Complete::nothing},
             {"--oldest-first", "", "the other order", "", {}, false, Complete::nothing},
             {"-w,--watch", "", "go on with what changes", "", {}, false, Complete::nothing}}) {
        command.options.push_back(std::move(option));
    }
    command.run = list_rows;
    table.push_back(std::move(command));

    CommandSpec one;
    one.path = plural + " get";
    one.summary = plural == "spans" ? "Show one span with all it says" : "Show one of them with all it says";
    const auto help = plural == "spans" ? "TRACE/SPAN" : rows ? "id, the unique beginning of one, or @latest" : "id";
    one.arguments = {{"ID", help, true, {}, Complete::nothing}};
    one.options = {{"--full", "", "whole payloads instead of previews", "", {}, false, Complete::nothing}};
    one.run = get_one;
    table.push_back(std::move(one));
}

}  // namespace

void add_lists(CommandTable& table) {
    add_resource(table, "sessions", "Related queries of one user or workflow", list<"sessions">, get<"sessions">, true);
    add_resource(table, "queries", "What users asked, and how it went", list<"queries">, get<"queries">, true);
    add_resource(table, "traces", "Executions, span by span", list<"traces">, get<"traces">, true);
    add_resource(table, "spans", "Steps with a beginning and an end", list<"spans">, get<"spans">, false);
    add_resource(table, "events", "Named occurrences: starts, completions, errors", list<"events">, get<"events">,
                 false);
}

}  // namespace ark::cli
