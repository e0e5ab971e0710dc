#include "codec/json_writer.hpp"
#include "commands/commands.hpp"
#include "context.hpp"
#include "disk/disk.hpp"
#include "journal/inspect.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace ark::cli {
namespace {

bool is_directory(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// The journal's own directory, or the broker's data directory with a journal in it; by default the broker's.
std::string directory_of(const Context& context, const Invocation& invocation) {
    auto given = invocation.text("DIR");
    if (given.empty()) {
        for (const auto& effective : context.configuration.broker()) {
            if (effective.setting->name == "data" && !effective.values.empty()) given = effective.values.front();
        }
    }
    return is_directory(given + "/journal") ? given + "/journal" : given;
}

bool wants_json(const Context& context) {
    return context.format && *context.format != Format::table && *context.format != Format::wide;
}

template <class Report>
void write_report(const Context& context, const Report& report) {
    if (!wants_json(context)) {
        auto text = report.to_text();
        while (text.ends_with('\n'))
            text.pop_back();
        context.out().line(text);
        return;
    }
    std::string text;
    codec::JsonWriter json(text);
    report.write_json(json);
    context.out().line(text);
}

Result<Exit> run_verify(Context& context, const Invocation& invocation) {
    const bool show = is_terminal(2) && !context.quiet;
    const auto begin = context.clock().monotonic_nanos();
    auto shown = begin;
    const auto progress = [&](std::uint64_t done, std::uint64_t total) {
        const auto now = context.clock().monotonic_nanos();
        if (!show || now - shown < 1'000'000'000) return;
        shown = now;
        say(fmt::format("{} of {}", format_bytes(done), format_bytes(total)));
    };
    ARK_TRY(const auto report, journal::verify(disk::real_disk(), directory_of(context, invocation), progress));
    write_report(context, report);
    return report.intact() ? Exit::success : Exit::failed;
}

Result<Exit> run_dump(Context& context, const Invocation& invocation) {
    journal::DumpOptions options;
    ARK_TRY(const auto from, invocation.whole_number("from", 0));
    options.from = Offset{from};
    if (invocation.has("until")) {
        ARK_TRY(const auto until, invocation.whole_number("until", 0));
        options.until = Offset{until};
    }
    options.tenant = invocation.text("tenant");
    options.json = wants_json(context);
    options.payload = invocation.flag("payload");
    ARK_TRY_STATUS(journal::dump(disk::real_disk(), directory_of(context, invocation), options,
                                 [&](std::string_view line) { context.out().line(line); }));
    return Exit::success;
}

Result<Exit> run_stat(Context& context, const Invocation& invocation) {
    ARK_TRY(const auto report, journal::stat(disk::real_disk(), directory_of(context, invocation)));
    write_report(context, report);
    return Exit::success;
}

Result<Exit> run_repair(Context& context, const Invocation& invocation) {
    const auto directory = directory_of(context, invocation);
    if (!invocation.flag("yes")) {
        return fail(Errc::bad_argument, "repair rewrites " + directory +
                                            " and may give up items: look first with `ark journal verify`, "
                                            "then say --yes");
    }
    ARK_TRY(const auto report, journal::repair(disk::real_disk(), directory));
    write_report(context, report);
    return Exit::success;
}

CommandSpec on_directory(std::string path, std::string summary, Run run) {
    CommandSpec command;
    command.path = std::move(path);
    command.summary = std::move(summary);
    command.arguments = {{"DIR",
                          "of the journal, or the broker's data directory; default: the configured one",
                          false,
                          {},
                          Complete::directories}};
    command.run = run;
    return command;
}

}  // namespace

void add_journal(CommandTable& table) {
    CommandSpec group;
    group.path = "journal";
    group.summary = "Look at a journal's files, and mend them";
    table.push_back(std::move(group));

    auto verify =
        on_directory("journal verify", "Read and check every record; exit 2 when something is damaged", run_verify);
    verify.details = "May run beside a broker: it then sees what was there when it began.";
    table.push_back(std::move(verify));
    auto dump = on_directory("journal dump", "Print one line a record (-o ndjson for JSON)", run_dump);
    dump.options = {{"--from", "OFFSET", "skip what lies before", "", {}, false, Complete::nothing},
                    {"--until", "OFFSET", "stop there", "", {}, false, Complete::nothing},
                    {"--tenant", "NAME", "only this tenant's", "", {}, false, Complete::nothing},
                    {"--payload", "", "with the stored bytes, as hex (JSON only)", "", {}, false, Complete::nothing}};
    table.push_back(std::move(dump));
    table.push_back(on_directory("journal stat", "Totals: items, bytes, times, tenants", run_stat));
    auto repair = on_directory("journal repair", "Make a damaged journal openable; keeps all that is provably intact",
                               run_repair);
    repair.details =
        "The broker must not be running. Says which items are lost; cursors from before are told so by a gap.";
    repair.options = {{"--yes", "", "really do it", "", {}, false, Complete::nothing}};
    table.push_back(std::move(repair));
}

}  // namespace ark::cli
