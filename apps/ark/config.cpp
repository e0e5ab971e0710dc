#include "config.hpp"

#include "config_file.hpp"
#include "reference_variables.hpp"

#include <algorithm>
#include <cstdlib>

namespace ark::cli {
namespace {

struct Found {
    FileEntry entry;
    std::string path;
};

std::vector<std::string> known_keys() {
    std::vector<std::string> keys;
    for (const auto& setting : client_settings())
        keys.emplace_back(setting.name);
    for (const auto& setting : broker_settings())
        keys.push_back("broker." + std::string(setting.name));
    return keys;
}

/// Appends a file's entries; earlier files win over later ones.
Status read_into(std::vector<Found>& found, const std::string& path, bool required) {
    auto entries = read_config_file(path);
    if (!entries) {
        if (entries.error().code == Errc::not_found && !required) return ok();
        if (entries.error().code == Errc::not_found) return fail(Errc::config, path + ": there is no such file");
        return fail(Errc::config, entries.error().context);
    }
    const auto known = known_keys();
    for (auto& entry : *entries) {
        if (std::find(known.begin(), known.end(), entry.key) == known.end()) {
            auto text = path + ":" + std::to_string(entry.line) + ": unknown key '" + entry.key + "'";
            if (const auto near = nearest(entry.key, known)) text += ", did you mean '" + *near + "'?";
            return fail(Errc::config, std::move(text));
        }
        found.push_back({std::move(entry), path});
    }
    return ok();
}

std::string directory_from(const Environment& environment, const std::string& variable, const char* below_home) {
    if (const auto directory = environment(variable); directory && directory->starts_with('/'))
        return *directory + "/ark";
    const auto home = environment("HOME");
    if (!home || home->empty()) return "";
    return *home + below_home;
}

std::vector<std::string> split_list(const std::string& text) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const auto end = std::min(text.find(',', begin), text.size());
        if (end > begin) parts.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

Result<Effective> decide(const Setting& setting, const std::string& key, const Invocation& invocation,
                         const Environment& environment, const std::vector<Found>& files) {
    Effective effective;
    effective.setting = &setting;
    if (invocation.has(setting.name)) {
        effective.values = invocation.all(setting.name);
        effective.origin = "flag";
        return effective;
    }
    const auto variable = variable_of(setting);
    if (const auto value = environment(variable)) {
        effective.values = setting.repeat ? split_list(*value) : std::vector<std::string>{*value};
        effective.origin = "env " + variable;
        return effective;
    }
    const auto in_file = std::find_if(files.begin(), files.end(), [&](const Found& f) { return f.entry.key == key; });
    if (in_file != files.end()) {
        effective.values = in_file->entry.values;
        effective.origin = in_file->path + ":" + std::to_string(in_file->entry.line);
        if (!setting.repeat && effective.values.size() != 1) {
            return fail(Errc::config, effective.origin + ": " + key + " takes one value");
        }
        return effective;
    }
    if (!setting.fallback.empty()) effective.values.emplace_back(setting.fallback);
    effective.origin = "default";
    return effective;
}

}  // namespace

Environment process_environment() {
    return [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    };
}

Result<Configuration> Configuration::load(const Invocation& invocation, const Environment& environment) {
    std::vector<Found> files;
    if (invocation.has("config")) {
        ARK_TRY_STATUS(read_into(files, invocation.text("config"), true));
    } else {
        ARK_TRY_STATUS(read_into(files, "ark.yaml", false));
        const auto user = directory_from(environment, "XDG_CONFIG_HOME", "/.config/ark");
        if (!user.empty()) {
            ARK_TRY_STATUS(read_into(files, user + "/config.yaml", false));
        }
    }
    Configuration configuration;
    configuration.home_data_ = directory_from(environment, "XDG_DATA_HOME", "/.local/share/ark");
    for (const auto& setting : client_settings()) {
        ARK_TRY(auto effective, decide(setting, std::string(setting.name), invocation, environment, files));
        configuration.client_.push_back(std::move(effective));
    }
    for (const auto& setting : broker_settings()) {
        const auto key = "broker." + std::string(setting.name);
        ARK_TRY(auto effective, decide(setting, key, invocation, environment, files));
        if (setting.name == "data" && effective.origin == "default") {
            effective.values.clear();
            if (!configuration.home_data_.empty()) effective.values.push_back(configuration.home_data_);
        }
        configuration.broker_.push_back(std::move(effective));
    }
    return configuration;
}

std::string Configuration::client_text(std::string_view name) const {
    for (const auto& effective : client_) {
        if (effective.setting->name == name && !effective.values.empty()) return effective.values.front();
    }
    return "";
}

Status Configuration::adopt_reference_variables(const Environment& environment) {
    return cli::adopt_reference_variables(broker_, environment);
}

Result<broker::BrokerConfig> Configuration::broker_config() const {
    broker::BrokerConfig config;
    for (const auto& effective : broker_) {
        for (const auto& value : effective.values) {
            if (auto status = effective.setting->apply(config, value); !status) {
                return prefix(std::move(status).error(),
                              std::string(effective.setting->name) + " (" + effective.origin + ")");
            }
        }
    }
    ARK_TRY_STATUS(finish(config, home_data_));
    return config;
}

}  // namespace ark::cli
