#include "settings.hpp"

#include "base/duration.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>

namespace ark::cli {
namespace {

using broker::BrokerConfig;
using broker::ListenAddress;

Error wanted(std::string_view what, const std::string& text) {
    return fail(Errc::config, "'" + text + "' is not " + std::string(what));
}

template <class T>
Result<T> whole(const std::string& text, T least, T most) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
        return wanted("a whole number from " + std::to_string(least) + " to " + std::to_string(most), text);
    }
    return value;
}

Result<std::uint64_t> size(const std::string& text) {
    if (const auto bytes = parse_bytes(text)) return *bytes;
    return wanted("a size such as 512, 64MiB or 10GB", text);
}

Result<std::chrono::seconds> seconds(const std::string& text) {
    if (text == "0") return std::chrono::seconds(0);
    const auto duration = parse_duration(text);
    if (!duration || duration->count() < 0) return wanted("a duration such as 90s, 12h or 7d", text);
    return std::chrono::duration_cast<std::chrono::seconds>(*duration);
}

Result<bool> boolean(const std::string& text) {
    if (text == "true") return true;
    if (text == "false") return false;
    return wanted("true or false", text);
}

Status durability(BrokerConfig& config, const std::string& text) {
    if (text == "sync") {
        config.durability = journal::Durability::sync;
        return ok();
    }
    if (text == "os") {
        config.durability = journal::Durability::os;
        return ok();
    }
    if (text.starts_with("group:")) {
        const auto interval = text.substr(6);
        const bool bare = !interval.empty() && std::isdigit(static_cast<unsigned char>(interval.back())) != 0;
        const auto duration = parse_duration(bare ? interval + "ms" : interval);
        if (duration && *duration >= std::chrono::milliseconds(1) && *duration <= std::chrono::seconds(10)) {
            config.durability = journal::Durability::group;
            config.group = std::chrono::duration_cast<std::chrono::milliseconds>(*duration);
            return ok();
        }
    }
    return wanted("sync, os or group:MS with 1 to 10000 ms", text);
}

Status inflate_ratio(BrokerConfig& config, const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value >= 1) || value > 1e6) {
        return wanted("a number from 1 to 1000000", text);
    }
    config.inflate_ratio_max = value;
    return ok();
}

Status log_format(BrokerConfig& config, const std::string& text) {
    if (text != "text" && text != "json") return wanted("text or json", text);
    config.log_json = text == "json";
    return ok();
}

Status log_level(BrokerConfig& config, const std::string& text) {
    static constexpr std::array<std::string_view, 5> levels{"debug", "info", "warn", "error", "off"};
    if (std::find(levels.begin(), levels.end(), text) == levels.end())
        return wanted("debug, info, warn, error or off", text);
    config.log_level = text;
    return ok();
}

Status cors_origin(BrokerConfig& config, const std::string& text) {
    if (text != "*" && text.find("://") == std::string::npos)
        return wanted("an origin such as https://ui.example or *", text);
    config.cors_origins.push_back(text);
    return ok();
}

/// `set<&BrokerConfig::work_threads>(parse)`: one setter for each kind of member.
template <auto Member, auto Parse>
Status set(BrokerConfig& config, const std::string& text) {
    ARK_TRY(config.*Member, Parse(text));
    return ok();
}

Result<std::string> any_text(const std::string& text) {
    return text;
}
template <class T, T Least, T Most>
Result<T> between(const std::string& text) {
    return whole<T>(text, Least, Most);
}

Result<std::uint64_t> any_count(const std::string& text) {
    return whole<std::uint64_t>(text, 0, std::numeric_limits<std::uint64_t>::max());
}

constexpr auto uint_max = std::numeric_limits<std::uint32_t>::max();

}  // namespace

Result<std::optional<ListenAddress>> parse_listen(const std::string& text) {
    if (text == "off") return std::optional<ListenAddress>();
    const auto colon = text.rfind(':');
    if (colon == std::string::npos || colon == 0) return wanted("HOST:PORT or off", text);
    ListenAddress found;
    found.host = text.substr(0, colon);
    if (found.host.starts_with('[') && found.host.ends_with(']'))
        found.host = found.host.substr(1, found.host.size() - 2);
    if (found.host == "localhost") found.host = "127.0.0.1";
    ARK_TRY(found.port, whole<std::uint16_t>(text.substr(colon + 1), 0, std::numeric_limits<std::uint16_t>::max()));
    return std::optional(std::move(found));
}

const std::vector<Setting>& broker_settings() {
    using C = BrokerConfig;
    static const std::vector<Setting> table = {
        {"listen", "HOST:PORT", "127.0.0.1:8080",
         "API, event streams, OTLP/HTTP and dashboard; port 0: any free one; off: none", false,
         set<&C::listen, parse_listen>},
        {"otlp-listen", "HOST:PORT", "127.0.0.1:4318", "OTLP/HTTP on its usual port; off: none", false,
         set<&C::otlp_listen, parse_listen>},
        {"grpc-listen", "HOST:PORT", "127.0.0.1:4317", "OTLP/gRPC on its usual port; off: none", false,
         set<&C::grpc_listen, parse_listen>},
        {"allow-public", "", "false", "allow addresses beyond loopback although nobody is asked for a credential",
         false, set<&C::allow_public, boolean>},
        {"cors-origin", "ORIGIN", "", "web pages that may call the API; * for all", true, cors_origin},
        {"port-file", "FILE", "", "write the ready line here once everything listens", false,
         set<&C::port_file, any_text>},
        {"data", "DIR", "$XDG_DATA_HOME/ark", "where journal and views live; made when missing", false,
         set<&C::data, any_text>},
        {"durability", "MODE", "sync", "what an acknowledgement promises: sync (survives power loss), group:MS, os",
         false, durability},
        {"retention-age", "TIME", "0", "delete journal segments older than this; 0: never", false,
         set<&C::retention_age, seconds>},
        {"retention-bytes", "SIZE", "0", "delete the oldest segments beyond this size; 0: never", false,
         set<&C::retention_bytes, size>},
        {"segment-bytes", "SIZE", "256MiB", "size of a journal segment", false, set<&C::segment_bytes, size>},
        {"messages-max", "N", "0", "newest messages that /messages shows; 0: all", false,
         set<&C::messages_max, any_count>},
        {"chunks-max", "N", "0", "newest chunks that /stream shows; 0: all", false, set<&C::chunks_max, any_count>},
        {"chunks-kept", "TIME", "1h", "chunks of a finished query, one by one; then its answer as one chunk", false,
         set<&C::chunks_kept, seconds>},
        {"spans-max", "N", "0", "newest spans that /traces shows; 0: all", false, set<&C::spans_max, any_count>},
        {"events-max", "N", "0", "newest events that /events shows; 0: all", false, set<&C::events_max, any_count>},
        {"request-bytes-max", "SIZE", "64MiB", "largest request, as sent and again inflated", false,
         set<&C::request_bytes_max, size>},
        {"inflate-ratio-max", "N", "200", "most inflated bytes per byte received, beyond the first MiB", false,
         inflate_ratio},
        {"nesting-max", "N", "64", "deepest nesting of an attribute value", false,
         set<&C::nesting_max, between<std::uint32_t, 1, 1000>>},
        {"attributes-max", "N", "4096", "most attributes of one span or record", false,
         set<&C::attributes_max, between<std::uint32_t, 1, uint_max>>},
        {"subscribers-max", "N", "20000", "most open event streams", false,
         set<&C::subscribers_max, between<std::size_t, 0, 10'000'000>>},
        {"connections-max", "N", "20000", "most connections of one listener", false,
         set<&C::connections_max, between<std::size_t, 1, 10'000'000>>},
        {"net-threads", "N", "0", "network threads; 0: one a core, at most 4", false,
         set<&C::net_threads, between<unsigned, 0, 256>>},
        {"work-threads", "N", "2", "threads for reads that may touch the disk", false,
         set<&C::work_threads, between<unsigned, 1, 256>>},
        {"memory-journal-tail", "SIZE", "32MiB", "newest batches kept in memory for streams", false,
         set<&C::memory_journal_tail, size>},
        {"views-cache", "SIZE", "32MiB", "cache of the views' store", false, set<&C::views_cache, size>},
        {"views-hot", "SIZE", "16MiB", "rows of running work kept in memory", false, set<&C::views_hot, size>},
        {"interrupted-after", "TIME", "5m", "a span without sign of life for so long counts as interrupted", false,
         set<&C::interrupted_after, seconds>},
        {"log-level", "LEVEL", "info", "debug, info, warn, error or off", false, log_level},
        {"log-format", "FORMAT", "text", "text or json", false, log_format},
    };
    return table;
}

const std::vector<Setting>& client_settings() {
    static const std::vector<Setting> table = {
        {"server", "URL", "http://127.0.0.1:8080", "the broker to talk to", false, nullptr},
        {"controller", "URL", "http://127.0.0.1:8090", "the controller that apply, get, query and their like talk to",
         false, nullptr},
        {"output", "FORMAT", "", "table, wide, json, yaml, ndjson or name", false, nullptr},
        {"color", "WHEN", "auto", "auto, always or never", false, nullptr},
        {"time", "STYLE", "local", "local, utc, relative or unix", false, nullptr},
        {"timeout", "TIME", "30s", "longest wait for an answer", false, nullptr},
    };
    return table;
}

std::string variable_of(const Setting& setting) {
    std::string name = "ARK_";
    for (const char c : setting.name) {
        name.push_back(c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
    }
    return name;
}

std::vector<OptionSpec> options_of(const std::vector<Setting>& settings) {
    std::vector<OptionSpec> options;
    for (const auto& setting : settings) {
        OptionSpec option;
        option.name = "--" + std::string(setting.name);
        option.value = setting.value;
        option.help = setting.help;
        option.fallback = setting.value.empty() ? "" : setting.fallback;
        option.repeat = setting.repeat;
        if (setting.value == "DIR") option.complete = Complete::directories;
        if (setting.value == "FILE") option.complete = Complete::files;
        options.push_back(std::move(option));
    }
    return options;
}

Status finish(BrokerConfig& config, std::string_view home_data) {
    if (!config.listen && !config.otlp_listen && !config.grpc_listen) {
        return fail(Errc::config, "listen, otlp-listen and grpc-listen are all off: nothing to do");
    }
    if (config.segment_bytes < (1u << 20)) return fail(Errc::config, "segment-bytes: at least 1MiB");
    if (config.data.empty()) {
        if (home_data.empty()) return fail(Errc::config, "neither XDG_DATA_HOME nor HOME is set: say --data DIR");
        config.data = home_data;
    }
    return ok();
}

}  // namespace ark::cli
