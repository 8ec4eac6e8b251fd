// Paths over trees of nodes, confined: the walk never leaves the node that it starts from, neither
// by
// `..`, nor by an absolute path, nor by a link. It fails as platform/beneath.h does.
#pragma once

#include <memory>

#include "vfs/node.h"

namespace waxwing::vfs {

/// The directory `root`, a node of that kind, as descriptors see it. `volume` tells its file system
/// from others: names go from one directory to another where it is the same. Nodes of one volume
/// are of one class.
std::shared_ptr<Directory> make_tree_directory(std::shared_ptr<Node> root, const void* volume);

}  // namespace waxwing::vfs
