namespace Ksmg.Sdk;

/// <summary>What the <em>About</em> page of a node says.</summary>
/// <param name="Version">The version as shown; may be short ("2.1").</param>
/// <param name="Build">The full build, where the page shows it.</param>
public sealed record AboutInfo(string Version, BuildNumber? Build);
