//! The layers of the channel, by the name that the camera's reading gives them.

/** The class that colours a layer: `buffy coat` is `buffy_coat`. */
export const layerClass = (name: string): string => name.replaceAll(" ", "_");
