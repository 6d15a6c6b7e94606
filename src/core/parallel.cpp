#include "howship/core/parallel.hpp"

#include <omp.h>

namespace howship {

Threads Threads::available() {
  return {omp_get_num_procs()};
}

}  // namespace howship
