namespace Ksmg.Sdk;

/// <summary>One service of a node.</summary>
/// <param name="Name">The service's name.</param>
/// <param name="State">Whether it runs.</param>
public sealed record ServiceStatus(string Name, ServiceState State);
