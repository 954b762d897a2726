/** What activations are called. @type {Record<string, string>} */
export const TITLES = { relu: "ReLU", leaky_relu: "Leaky ReLU", gelu: "GELU", tanh: "Tanh", sigmoid: "Sigmoid", silu: "SiLU", sine: "Sine", linear: "Linear" };
