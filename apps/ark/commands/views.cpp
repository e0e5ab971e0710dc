#include "views/views.hpp"

#include "broker/broker.hpp"
#include "commands/commands.hpp"
#include "context.hpp"
#include "disk/disk.hpp"
#include "journal/embedded.hpp"
#include "watchdog.hpp"

#include <fmt/format.h>

namespace ark::cli {
namespace {

/// A journal that nobody else has open, and the views beside it, as `ark broker` lays them out. No retention: a look
/// must not delete.
struct Opened {
    std::unique_ptr<journal::Journal> journal;
    views::ViewsConfig views;
    std::unique_ptr<reference::Projection> projection;
};

Result<Opened> open_data(const Context& context) {
    ARK_TRY(const auto config, context.configuration.broker_config());
    journal::EmbeddedConfig embedded;
    embedded.directory = config.data + "/journal";
    embedded.segment_bytes = config.segment_bytes;
    if (!disk::real_disk().exists(embedded.directory)) {
        return fail(Errc::not_found, "there is no journal in " + config.data + "\n  try: --data DIR");
    }
    Opened opened;
    ARK_TRY(opened.journal, journal::open_embedded(disk::real_disk(), embedded, context.clock()));
    opened.views.directory = config.data + "/views";
    opened.views.cache_bytes = config.views_cache;
    opened.views.hot_bytes_max = config.views_hot;
    opened.views.interrupted_after = config.interrupted_after;
    opened.projection = std::make_unique<reference::Projection>(broker::keep_config(config));
    return opened;
}

Result<Exit> run_rebuild(Context& context, const Invocation&) {
    ARK_TRY(auto opened, open_data(context));
    const bool show = is_terminal(2) && !context.quiet;
    const auto begin = context.clock().monotonic_nanos();
    auto shown = begin;
    const auto progress = [&](Offset folded, Offset end) {
        const auto now = context.clock().monotonic_nanos();
        if (!show || now - shown < 1'000'000'000) return;
        shown = now;
        say(fmt::format("{} of {} items", folded.value(), end.value()));
    };
    ARK_TRY_STATUS(
        views::rebuild(opened.views, *opened.journal, context.clock(), progress, &opened.projection->of_views()));
    const auto items = opened.journal->end() - opened.journal->begin();
    const auto seconds = static_cast<double>(context.clock().monotonic_nanos() - begin) / 1e9;
    context.note(
        fmt::format("rebuilt from {} items in {:.2f} s", format_count(static_cast<std::int64_t>(items)), seconds));
    return Exit::success;
}

Result<Exit> run_fingerprint(Context& context, const Invocation&) {
    ARK_TRY(auto opened, open_data(context));
    ARK_TRY(auto views,
            views::Views::open(opened.views, *opened.journal, context.clock(), &opened.projection->of_views()));
    views->start();
    // What was acknowledged but not yet folded when the broker ended is folded first: equal journals then have equal
    // prints.
    Watchdog watchdog({});
    while (!watchdog.stopped() && views->folded() < opened.journal->end() && !views->status().failed) {
        watchdog.sleep(std::chrono::milliseconds(10));
    }
    if (watchdog.stopped()) return Exit{128 + watchdog.signal()};
    if (const auto status = views->status(); status.failed) return fail(Errc::io, "views: " + status.failure);
    ARK_TRY(const auto print, views->fingerprint());
    views->stop();
    context.out().line(print);
    return Exit::success;
}

OptionSpec data_option() {
    for (auto& option : options_of(broker_settings())) {
        if (option.key() == "data") return option;
    }
    return {};
}

}  // namespace

void add_views(CommandTable& table) {
    CommandSpec group;
    group.path = "views";
    group.summary = "What the broker derived from the journal: throw away, make anew, compare";
    table.push_back(std::move(group));

    CommandSpec rebuild;
    rebuild.path = "views rebuild";
    rebuild.summary = "Delete the views and fold the whole journal again";
    rebuild.details = "The broker must not be running. The journal is only read: the answer is the same as before.";
    rebuild.options = {data_option()};
    rebuild.run = run_rebuild;
    table.push_back(std::move(rebuild));

    CommandSpec fingerprint;
    fingerprint.path = "views fingerprint";
    fingerprint.summary = "Print a hash over all rows: equal for equal journals, however they were folded";
    fingerprint.details = "The broker must not be running.";
    fingerprint.options = {data_option()};
    fingerprint.run = run_fingerprint;
    table.push_back(std::move(fingerprint));
}

}  // namespace ark::cli
