#include "commands/get.hpp"

#include "codec/base64.hpp"
#include "commands/commands.hpp"
#include "resource_client.hpp"
#include "text_table.hpp"
#include "watchdog.hpp"
#include "yaml_writer.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace ark::cli {
namespace {

using codec::JsonValue;
using resources::Kind;

constexpr std::string_view table_type = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/// Which resources, and how they are to look.
struct Wanted {
    const Kind* kind = nullptr;
    std::string ns;  // empty: all
    std::string name;
    std::string labels;
    std::string fields;
    Format format = Format::table;

    bool as_table() const { return format == Format::table || format == Format::wide; }
    Target target() const {
        Target target(name.empty() ? collection_path(*kind, ns) : resource_path(*kind, ns, name));
        target.add("labelSelector", labels).add("fieldSelector", fields);
        return target;
    }
};

/// Without what only the server needs to know.
JsonValue tidy(JsonValue object) {
    if (auto* metadata = object.find("metadata")) metadata->erase("managedFields");
    if (auto* items = object.find("items"); items != nullptr && items->is_array()) {
        for (auto& item : std::get<JsonValue::Array>(items->data))
            item = tidy(std::move(item));
    }
    return object;
}

Cell cell_of(const JsonValue& value) {
    if (value.is_null()) return {"", Style::plain};
    const auto text = value.is_string() ? printable(value.text()) : value.dump();
    if (text == "False" || text == "error") return {text, Style::red};
    if (text == "True" || text == "done" || text == "ready") return {text, Style::green};
    return {text, Style::plain};
}

/// The server's rows in columns of ours.
class ServerTable {
public:
    ServerTable(const Wanted& wanted, const JsonValue& table)
        : with_namespace_(wanted.ns.empty() && wanted.kind->namespaced) {
        if (with_namespace_) headings_.push_back({"NAMESPACE"});
        const auto& columns = table["columnDefinitions"];
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (columns[i]["priority"].integer() > 0 && wanted.format != Format::wide) continue;
            auto title = printable(columns[i]["name"].text());
            std::transform(title.begin(), title.end(), title.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
            const bool number = columns[i]["type"].text() == "integer";
            const bool last = columns[i]["name"].text() == "Description" || columns[i]["name"].text() == "Message";
            headings_.push_back({title, number ? Align::right : Align::left, last});
            shown_.push_back(i);
        }
        table_.emplace(headings_);
    }
    std::vector<Cell> cells(const JsonValue& row) const {
        std::vector<Cell> cells;
        if (with_namespace_) cells.push_back(cell_of(row["object"]["metadata"]["namespace"]));
        for (const auto column : shown_)
            cells.push_back(cell_of(row["cells"][column]));
        return cells;
    }
    TextTable& table() { return *table_; }

private:
    const bool with_namespace_;
    std::vector<TextTable::Heading> headings_;
    std::vector<std::size_t> shown_;
    std::optional<TextTable> table_;
};

void write_object(const Context& context, const Wanted& wanted, const JsonValue& object) {
    switch (wanted.format) {
        case Format::name:
            context.out().line(shown_name(*wanted.kind, object["metadata"]["name"].text()));
            break;
        case Format::ndjson:
            context.out().line(object.dump());
            break;
        case Format::json:
            context.out().line(object.pretty());
            break;
        default:
            context.out().write(to_yaml(object));
            break;
    }
}

/// The answer in the wanted format; gives the version to watch from.
Result<std::string> write_answer(const Context& context, const Wanted& wanted, const JsonValue& answer,
                                 std::optional<ServerTable>& table) {
    if (wanted.as_table()) {
        table.emplace(wanted, answer);
        for (const auto& row : answer["rows"].array())
            table->table().add(table->cells(row));
        if (!table->table().empty())
            table->table().write(context.out(), context.headers, context.width(), context.color());
        if (answer["rows"].size() == 0) context.note("no " + wanted.kind->plural + " found");
    } else if (wanted.name.empty() && (wanted.format == Format::name || wanted.format == Format::ndjson)) {
        const auto list = tidy(answer);
        for (const auto& item : list["items"].array())
            write_object(context, wanted, item);
    } else {
        write_object(context, wanted, tidy(answer));
    }
    context.out().flush();
    return std::string(answer["metadata"]["resourceVersion"].text());
}

/// Goes on under what was listed, change by change.
Result<Exit> watch_changes(const Context& context, ResourceClient& client, Wanted wanted, std::string version,
                           std::optional<ServerTable>& table) {
    if (!wanted.name.empty()) wanted.fields = "metadata.name=" + std::exchange(wanted.name, {});
    Watchdog watchdog([&client] { client.raw().abort(); });
    if (context.timeout_given) watchdog.limit_total(context.timeout);
    net::Fields fields;
    fields.add("accept", wanted.as_table() ? table_type : "application/json");
    while (!watchdog.stopped()) {
        auto target = wanted.target();
        target.add("watch", "true").add("allowWatchBookmarks", "true").add("resourceVersion", version);
        std::string pending;
        net::ClientResponse head;
        bool expired = false;
        const auto on_line = [&](std::string_view line) {
            const auto event = JsonValue::parse(line);
            if (!event) return;
            const auto& object = (*event)["object"];
            const auto type = (*event)["type"].text();
            expired = expired || type == "ERROR";
            if (const auto seen = object["metadata"]["resourceVersion"].text(); !seen.empty()) version = seen;
            if (type == "BOOKMARK" || type == "ERROR") return;
            if (wanted.as_table()) {
                for (const auto& row : object["rows"].array()) {
                    auto cells = table->cells(row);
                    if (type == "DELETED") cells.back().text += " (deleted)";
                    table->table().write_row(context.out(), cells, context.color());
                }
            } else {
                write_object(context, wanted, tidy(object));
            }
            context.out().flush();
        };
        const auto on_head = [&](const net::ClientResponse& response) {
            head = response;
            return true;
        };
        const auto on_bytes = [&](std::string_view bytes) {
            pending += bytes;
            for (auto end = pending.find('\n'); head.status < 400 && end != std::string::npos;
                 end = pending.find('\n')) {
                on_line(std::string_view(pending).substr(0, end));
                pending.erase(0, end + 1);
            }
            return !watchdog.stopped() && !expired;
        };
        constexpr std::chrono::milliseconds silent_max{150'000};  // bookmarks come once a minute
        const auto status = client.raw().stream(target.text(), fields, silent_max, on_head, on_bytes);
        if (watchdog.stopped()) break;
        if (head.status == 410 || expired) {
            say("some changes are missing here");
            version.clear();
        } else if (head.status >= 400) {
            head.body = pending;
            return error_of(head);
        }
        if (!status) watchdog.sleep(std::chrono::milliseconds(500));
    }
    if (watchdog.cause() == Watchdog::Cause::signal) return Exit{128 + watchdog.signal()};
    return Exit::timeout;
}

Result<Exit> run_get(Context& context, const Invocation& invocation) {
    ARK_TRY(const auto word, resource_word(invocation.text("KIND")));
    return get_resources(context, invocation, *word.kind, invocation.has("NAME") ? invocation.text("NAME") : word.name);
}

void write_section(const Context& context, std::string_view title, const JsonValue& value) {
    if (value.size() == 0) return;
    context.out().line(fmt::format("{}:", title));
    const auto yaml = to_yaml(value);
    std::string_view rest = yaml;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        if (end > 0) context.out().line(fmt::format("  {}", rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
}

/// A Secret's values are not for screens: only how long they are.
JsonValue without_secrets(const Kind& kind, JsonValue object) {
    auto* data = object.find("data");
    if (kind.name != "Secret" || data == nullptr || !data->is_object()) return object;
    for (auto& [name, value] : std::get<JsonValue::Object>(data->data))
        value = JsonValue{fmt::format("{} bytes", codec::from_base64(value.text()).value_or("").size())};
    return object;
}

Status write_events(const Context& context, ResourceClient& client, const JsonValue& object) {
    Wanted wanted;
    wanted.kind = &resources::kind_named("Event");
    wanted.ns = object["metadata"]["namespace"].text("default");
    wanted.fields = fmt::format("involvedObject.uid={}", object["metadata"]["uid"].text());
    ARK_TRY(const auto answer, client.send("GET", wanted.target().text(), {}, {}, table_type));
    if (answer.value["rows"].size() == 0) return ok();
    context.out().line("Events:");
    std::optional<ServerTable> table;
    ARK_TRY(const auto version, write_answer(context, wanted, answer.value, table));
    return ok();
}

Result<Exit> run_describe(Context& context, const Invocation& invocation) {
    ARK_TRY(const auto word, resource_word(invocation.text("KIND")));
    const auto name = invocation.has("NAME") ? invocation.text("NAME") : word.name;
    if (name.empty()) return fail(Errc::bad_argument, "which one? ark describe " + word.kind->singular + " NAME");
    const auto& kind = *word.kind;
    ARK_TRY(auto client, ResourceClient::create(context, invocation));
    ARK_TRY(auto answer, client.send("GET", resource_path(kind, namespace_of(invocation), name)));
    const auto object = without_secrets(kind, tidy(std::move(answer.value)));
    const auto& metadata = object["metadata"];
    auto& out = context.out();
    out.line(fmt::format("Name:       {}", printable(metadata["name"].text())));
    if (kind.namespaced) out.line(fmt::format("Namespace:  {}", printable(metadata["namespace"].text())));
    out.line(fmt::format("Kind:       {} ({})", kind.name, kind.api_version()));
    out.line(fmt::format("Created:    {}", printable(metadata["creationTimestamp"].text())));
    if (!metadata["deletionTimestamp"].is_null())
        out.line(
            fmt::format("Deleted:    {}, waits for its finalizers", printable(metadata["deletionTimestamp"].text())));
    write_section(context, "Labels", metadata["labels"]);
    write_section(context, "Annotations", metadata["annotations"]);
    write_section(context, "Finalizers", metadata["finalizers"]);
    write_section(context, "Owners", metadata["ownerReferences"]);
    for (const auto& [key, value] : object.object()) {
        if (key == "apiVersion" || key == "kind" || key == "metadata") continue;
        auto title = key;
        title.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(title.front())));
        if (value.is_object() || value.is_array()) {
            write_section(context, title, value);
        } else {
            out.line(fmt::format("{}: {}", title, printable(value.is_string() ? value.text() : value.dump())));
        }
    }
    ARK_TRY_STATUS(write_events(context, client, object));
    return Exit::success;
}

std::vector<ArgumentSpec> kind_and_name(bool name_required) {
    return {{"KIND", "agents, teams, models, tools, queries, …; or kind/name", true, {}, Complete::nothing},
            {"NAME", name_required ? "which one" : "only this one", false, {}, Complete::nothing}};
}

}  // namespace

Result<Exit> get_resources(Context& context, const Invocation& invocation, const resources::Kind& kind,
                           std::string name) {
    Wanted wanted;
    wanted.kind = &kind;
    wanted.name = std::move(name);
    wanted.ns = invocation.flag("all-namespaces") ? "" : namespace_of(invocation);
    wanted.labels = invocation.text("selector");
    wanted.fields = invocation.text("field-selector");
    wanted.format = context.format.value_or(Format::table);
    if (!wanted.name.empty() && wanted.ns.empty() && wanted.kind->namespaced)
        return fail(Errc::bad_argument, "a name is in one namespace: leave out --all-namespaces");
    const bool watch = invocation.flag("watch");
    if (watch && wanted.format == Format::json)
        return fail(Errc::bad_argument, "--watch goes on for ever: use -o table, wide, yaml, name or ndjson");
    ARK_TRY(auto client, ResourceClient::create(context, invocation));
    const auto accept = wanted.as_table() ? table_type : std::string_view();
    ARK_TRY(const auto answer, client.send("GET", wanted.target().text(), {}, {}, accept));
    std::optional<ServerTable> table;
    ARK_TRY(auto version, write_answer(context, wanted, answer.value, table));
    if (!watch) return Exit::success;
    return watch_changes(context, client, std::move(wanted), std::move(version), table);
}

std::vector<OptionSpec> list_options() {
    return {
        namespace_option(),
        {"-A,--all-namespaces", "", "of every namespace", "", {}, false, Complete::nothing},
        {"-l,--selector", "LABELS", "only with these labels: app=web,tier!=db,!old", "", {}, false, Complete::nothing},
        {"--field-selector", "FIELDS", "only with these fields: status.phase=done", "", {}, false, Complete::nothing},
        {"-w,--watch", "", "go on with every change", "", {}, false, Complete::nothing}};
}

void add_get(CommandTable& table) {
    CommandSpec command;
    command.path = "get";
    command.summary = "List resources, or show one";
    command.details = "For example: ark get agents -A   ark get query/q-1 -o yaml   ark get queries --watch";
    command.arguments = kind_and_name(false);
    command.options = list_options();
    command.run = run_get;
    table.push_back(std::move(command));
}

void add_describe(CommandTable& table) {
    CommandSpec command;
    command.path = "describe";
    command.summary = "Show all of a resource for people, with its events";
    command.arguments = kind_and_name(true);
    command.options = {namespace_option()};
    command.run = run_describe;
    table.push_back(std::move(command));
}

}  // namespace ark::cli
