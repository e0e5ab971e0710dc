#pragma once
#include "base/strong.hpp"

#include <map>
#include <mutex>
#include <string>

namespace ark::journal {

/// Offsets that retention must not pass, by name. Thread-safe; its mutex is a leaf.
class Pins {
public:
    void set(const std::string& name, Offset offset) {
        const std::lock_guard lock(mutex_);
        pins_[name] = offset;
    }
    void erase(const std::string& name) {
        const std::lock_guard lock(mutex_);
        pins_.erase(name);
    }
    /// The smallest pin, or `otherwise` when it is smaller.
    Offset floor(Offset otherwise) const {
        const std::lock_guard lock(mutex_);
        for (const auto& [name, offset] : pins_) {
            if (offset < otherwise) otherwise = offset;
        }
        return otherwise;
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, Offset> pins_;  // guarded by mutex_
};

}  // namespace ark::journal
