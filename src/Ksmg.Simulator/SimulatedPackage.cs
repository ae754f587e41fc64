using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>An update package the simulated nodes know.</summary>
/// <param name="FileName">The name of the KTGZ.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
/// <param name="Sha256">SHA-256 of its bytes, hex.</param>
/// <param name="From">The build it can be installed on.</param>
/// <param name="To">The build it leads to.</param>
public sealed record SimulatedPackage(string FileName, long SizeBytes, string Sha256, BuildNumber From, BuildNumber To);
