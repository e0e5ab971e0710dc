#include "emit/targets.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace ark::emit {
namespace {

/// "a=b,c=d", percent-encoded: how the OTEL_* variables write lists. Calls for each pair; false: malformed.
template <class F>
bool for_each_pair(std::string_view text, F f) {
    while (!text.empty()) {
        const auto comma = text.find(',');
        const auto pair = trimmed(text.substr(0, comma), http_blanks);
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        if (equals == std::string_view::npos || equals == 0) return false;
        const auto value = net::percent_decode(trimmed(pair.substr(equals + 1), http_blanks));
        if (!value) return false;
        f(trimmed(pair.substr(0, equals), http_blanks), *value);
    }
    return true;
}

std::string without_end_slash(std::string_view url) {
    while (url.ends_with('/'))
        url.remove_suffix(1);
    return std::string(url);
}

/// The variable of the signal ("TRACES", "LOGS"), else the general one.
std::optional<std::string> variable(const Environment& environment, std::string_view signal, std::string_view ending) {
    auto value = environment(fmt::format("OTEL_EXPORTER_OTLP_{}_{}", signal, ending));
    if (!value || value->empty()) value = environment(fmt::format("OTEL_EXPORTER_OTLP_{}", ending));
    return value && !value->empty() ? value : std::nullopt;
}

std::string signal_url(const Environment& environment, std::string_view variable_name, std::string_view path) {
    // An endpoint of a signal is used as it is; the general one is a base (specification: "Endpoint URLs for
    // OTLP/HTTP").
    if (const auto own = environment(variable_name); own && !own->empty()) return *own;
    const auto base = environment("OTEL_EXPORTER_OTLP_ENDPOINT");
    return base && !base->empty() ? without_end_slash(*base) + std::string(path) : std::string();
}

/// "otlp" (also among others) or nothing: true. "none": false.
Result<bool> is_wanted(const Environment& environment, std::string_view exporter_variable) {
    const auto exporter = environment(exporter_variable);
    if (!exporter || exporter->empty()) return true;
    if (*exporter == "none") return false;
    std::string_view rest = *exporter;
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        if (trimmed(rest.substr(0, comma), http_blanks) == "otlp") return true;
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    return fail(Errc::config, fmt::format("{}: otlp or none, not {}", exporter_variable, *exporter));
}

Result<std::optional<std::chrono::milliseconds>> milliseconds_of(std::string_view name,
                                                                 const std::optional<std::string>& text) {
    if (!text || text->empty()) return std::optional<std::chrono::milliseconds>();
    unsigned milliseconds = 0;
    const auto end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, milliseconds);
    if (read.ec != std::errc{} || read.ptr != end)
        return fail(Errc::config, fmt::format("{}: expected milliseconds, not {}", name, *text));
    return std::optional(std::chrono::milliseconds(milliseconds));
}

/// Whether traces go out at all.
Result<bool> is_sampled(const Environment& environment) {
    const auto sampler = environment("OTEL_TRACES_SAMPLER");
    if (!sampler || sampler->empty() || *sampler == "always_on" || *sampler == "parentbased_always_on") return true;
    if (*sampler == "always_off") return false;
    return fail(Errc::config,
                fmt::format("OTEL_TRACES_SAMPLER: always_on, parentbased_always_on or always_off, not {}: every run is "
                            "told whole; sample where it arrives, in a collector for instance",
                            *sampler));
}

}  // namespace

TargetConfig broker_target(std::string_view base_url) {
    TargetConfig target;
    target.name = "broker";
    const auto base = without_end_slash(base_url);
    target.traces_url = base + "/v1/traces";
    target.logs_url = base + "/v1/logs";
    target.reads_url = base;
    return target;
}

TargetConfig reference_broker_target(std::string_view base_url) {
    auto target = broker_target(base_url);
    target.logs_url.clear();
    target.events_url = without_end_slash(base_url) + "/events";
    return target;
}

namespace {

/// Everything but where to.
Status read_manner(const Environment& environment, std::string_view signal, TargetConfig& target) {
    const auto get = [&](std::string_view ending) { return variable(environment, signal, ending); };
    if (const auto protocol = get("PROTOCOL"); protocol && *protocol != "http/protobuf")
        return fail(Errc::config, "OTEL_EXPORTER_OTLP_PROTOCOL: only http/protobuf is spoken, not " + *protocol);
    if (const auto headers = get("HEADERS")) {
        const auto add = [&](std::string_view name, std::string_view value) {
            target.fields.set(lower_case(name), value);
        };
        // The value is a secret: it is not repeated.
        if (!for_each_pair(*headers, add))
            return fail(Errc::config, "OTEL_EXPORTER_OTLP_HEADERS: expected name=value,…");
    }
    const std::string processor = signal == "TRACES" ? "OTEL_BSP_" : "OTEL_BLRP_";
    ARK_TRY(auto timeout, milliseconds_of("OTEL_EXPORTER_OTLP_TIMEOUT", get("TIMEOUT")));
    ARK_TRY(const auto patience,
            milliseconds_of(processor + "EXPORT_TIMEOUT", environment(processor + "EXPORT_TIMEOUT")));
    if (!timeout) timeout = patience;
    if (timeout && timeout->count() == 0) return fail(Errc::config, "OTEL_EXPORTER_OTLP_TIMEOUT: 0 is no time");
    if (timeout) target.timeout = *timeout;
    ARK_TRY(target.pace, milliseconds_of(processor + "SCHEDULE_DELAY", environment(processor + "SCHEDULE_DELAY")));
    const auto compression = get("COMPRESSION");
    if (compression && *compression != "gzip" && *compression != "none")
        return fail(Errc::config, "OTEL_EXPORTER_OTLP_COMPRESSION: gzip or none, not " + *compression);
    target.gzip = compression && *compression == "gzip";
    target.ca_file = get("CERTIFICATE").value_or("");
    if (get("CLIENT_CERTIFICATE") || get("CLIENT_KEY"))
        return fail(Errc::config, "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: client certificates are not supported");
    return ok();
}

bool same_manner(const TargetConfig& a, const TargetConfig& b) {
    return std::equal(a.fields.begin(), a.fields.end(), b.fields.begin(), b.fields.end()) && a.timeout == b.timeout &&
           a.pace == b.pace && a.gzip == b.gzip && a.ca_file == b.ca_file;
}

}  // namespace

Result<std::vector<TargetConfig>> external_targets(const Environment& environment) {
    std::vector<TargetConfig> targets;
    if (lower_case(environment("OTEL_SDK_DISABLED").value_or("")) == "true") return targets;
    TargetConfig traces;
    traces.name = "otlp";
    traces.traces_url = signal_url(environment, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/v1/traces");
    TargetConfig logs;
    logs.name = "otlp-logs";
    logs.logs_url = signal_url(environment, "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "/v1/logs");
    // What is said of a signal that goes nowhere is of no interest.
    if (!traces.traces_url.empty()) {
        ARK_TRY(const bool wanted, is_wanted(environment, "OTEL_TRACES_EXPORTER"));
        ARK_TRY(const bool sampled, is_sampled(environment));
        if (!wanted || !sampled) traces.traces_url.clear();
    }
    if (!logs.logs_url.empty()) {
        ARK_TRY(const bool wanted, is_wanted(environment, "OTEL_LOGS_EXPORTER"));
        if (!wanted) logs.logs_url.clear();
    }
    if (!traces.traces_url.empty()) {
        ARK_TRY_STATUS(read_manner(environment, "TRACES", traces));
    }
    if (!logs.logs_url.empty()) {
        ARK_TRY_STATUS(read_manner(environment, "LOGS", logs));
    }
    // One target where it can be: what is behind one waits for it alone.
    if (!traces.traces_url.empty() && !logs.logs_url.empty() && same_manner(traces, logs)) {
        traces.logs_url = std::move(logs.logs_url);
        logs.logs_url.clear();
    }
    if (!traces.traces_url.empty()) targets.push_back(std::move(traces));
    if (!logs.logs_url.empty()) targets.push_back(std::move(logs));
    return targets;
}

std::vector<std::string> disregarded(const std::vector<std::string>& names) {
    static constexpr std::string_view obeyed[] = {
        "OTEL_SDK_DISABLED",        "OTEL_SERVICE_NAME",        "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_EXPORTER",
        "OTEL_LOGS_EXPORTER",       "OTEL_TRACES_SAMPLER",      "OTEL_BSP_SCHEDULE_DELAY",  "OTEL_BSP_EXPORT_TIMEOUT",
        "OTEL_BLRP_SCHEDULE_DELAY", "OTEL_BLRP_EXPORT_TIMEOUT",
    };
    static constexpr std::string_view endings[] = {"ENDPOINT",    "HEADERS",     "TIMEOUT",
                                                   "COMPRESSION", "CERTIFICATE", "PROTOCOL"};
    static constexpr std::string_view languages[] = {
        "OTEL_PYTHON_", "OTEL_JAVA", "OTEL_NODE_", "OTEL_DOTNET_",
        "OTEL_GO_",     "OTEL_PHP_", "OTEL_RUBY_", "OTEL_INSTRUMENTATION_"};
    const auto is_obeyed = [](std::string_view name) {
        if (std::find(std::begin(obeyed), std::end(obeyed), name) != std::end(obeyed)) return true;
        constexpr std::string_view prefix = "OTEL_EXPORTER_OTLP_";
        if (!name.starts_with(prefix)) return false;
        name.remove_prefix(prefix.size());
        for (const std::string_view signal : {"TRACES_", "LOGS_"}) {
            if (name.starts_with(signal)) name.remove_prefix(signal.size());
        }
        return std::find(std::begin(endings), std::end(endings), name) != std::end(endings);
    };
    std::vector<std::string> found;
    for (const auto& name : names) {
        const auto is_of = [&name](std::string_view language) { return name.starts_with(language); };
        if (!name.starts_with("OTEL_") || is_obeyed(name)) continue;
        if (std::none_of(std::begin(languages), std::end(languages), is_of)) found.push_back(name);
    }
    std::sort(found.begin(), found.end());
    return found;
}

otlp::ValueMap resource_of(const Environment& environment, std::string_view version) {
    otlp::ValueMap resource;
    const auto set = [&](std::string_view name, std::string_view value) {
        for (auto& [key, old] : resource) {
            if (key == name) {
                old = otlp::Value(value);
                return;
            }
        }
        resource.emplace_back(std::string(name), otlp::Value(value));
    };
    set("service.name", "ark-controller");
    set("service.version", version);
    // What cannot be read is ignored as a whole, as the specification asks ("Resource SDK").
    otlp::ValueMap before = resource;
    if (const auto attributes = environment("OTEL_RESOURCE_ATTRIBUTES")) {
        if (!for_each_pair(*attributes, set)) resource = std::move(before);
    }
    if (const auto name = environment("OTEL_SERVICE_NAME"); name && !name->empty()) set("service.name", *name);
    return resource;
}

}  // namespace ark::emit
