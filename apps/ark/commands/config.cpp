#include "codec/json_writer.hpp"
#include "commands/commands.hpp"
#include "context.hpp"
#include "text_table.hpp"
#include "yaml_writer.hpp"

namespace ark::cli {
namespace {

std::string joined(const std::vector<std::string>& values) {
    std::string text;
    for (const auto& value : values)
        text += (text.empty() ? "" : ",") + value;
    return text;
}

void write_json(codec::JsonWriter& json, const Configuration& configuration, bool origin) {
    json.begin_object();
    const auto write = [&](const std::vector<Effective>& settings, const std::string& section) {
        for (const auto& effective : settings) {
            json.key(section + std::string(effective.setting->name));
            if (!origin) {
                json.string(joined(effective.values));
                continue;
            }
            json.begin_object().field("value", joined(effective.values)).field("origin", effective.origin).end_object();
        }
    };
    write(configuration.client(), "");
    write(configuration.broker(), "broker.");
    json.end_object();
}

Result<Exit> run_view(Context& context, const Invocation& invocation) {
    const bool origin = invocation.flag("origin");
    // Said before anything is shown: a setting that the broker would refuse.
    ARK_TRY_STATUS(context.configuration.broker_config());
    const auto format = context.format.value_or(Format::table);
    if (format != Format::table && format != Format::wide) {
        std::string text;
        codec::JsonWriter json(text);
        write_json(json, context.configuration, origin);
        ARK_TRY(const auto value, codec::JsonValue::parse(text));
        context.out().write(format == Format::yaml ? to_yaml(value) : value.pretty() + "\n");
        return Exit::success;
    }
    std::vector<TextTable::Heading> headings{{"SETTING", Align::left, false}, {"VALUE", Align::left, false}};
    if (origin) headings.push_back({"ORIGIN", Align::left, false});
    TextTable table(headings);
    const auto add = [&](const std::vector<Effective>& settings, const std::string& section) {
        for (const auto& effective : settings) {
            const auto style = effective.origin == "default" ? Style::dim : Style::plain;
            std::vector<Cell> row{{section + std::string(effective.setting->name), style},
                                  {joined(effective.values), style}};
            if (origin) row.push_back({effective.origin, style});
            table.add(std::move(row));
        }
    };
    add(context.configuration.client(), "");
    add(context.configuration.broker(), "broker.");
    table.write(context.out(), context.headers, 0, context.color());
    return Exit::success;
}

}  // namespace

void add_config(CommandTable& table) {
    CommandSpec group;
    group.path = "config";
    group.summary = "Where settings come from";
    table.push_back(std::move(group));
    CommandSpec view;
    view.path = "config view";
    view.summary = "Print every setting as it is now";
    view.details =
        "Precedence: flag, then variable, then file (--config, else ./ark.yaml, then the user's), then default.";
    view.options = {{"--origin", "", "and who said so", "", {}, false, Complete::nothing}};
    for (auto& option : options_of(broker_settings()))
        view.options.push_back(std::move(option));
    view.run = run_view;
    table.push_back(std::move(view));
}

}  // namespace ark::cli
