#include "otlp/response.hpp"
