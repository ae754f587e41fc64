namespace Ksmg.Simulator;

/// <summary>Where a simulated node is found.</summary>
/// <param name="Name">Its name, <c>gw1</c>…</param>
/// <param name="Url">Its web interface.</param>
/// <param name="Smtp">Where it takes mail, <c>host:port</c>; <see langword="null"/> without sockets.</param>
/// <param name="Fingerprint">SHA-256 of its present certificate in DER, hex; <see langword="null"/> without sockets.</param>
/// <param name="ClusterAddress">The address under which the cluster lists it.</param>
/// <param name="HostName">Its host name, as in the Received headers.</param>
public sealed record SimulatedNodeEndpoint(string Name, Uri Url, string? Smtp, string? Fingerprint, string ClusterAddress, string HostName)
{
    /// <summary>
    /// Its pages for people. Nodes differ by name here, not by port alone, since a browser keeps cookies by name: browsers find
    /// <c>*.localhost</c> on their own machine.
    /// </summary>
    public Uri Pages => new UriBuilder(Url) { Host = Name + ".localhost" }.Uri;
}
