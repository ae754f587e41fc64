namespace Ksmg.Web;

/// <summary>Somebody who was recognised.</summary>
/// <param name="Name">The name under which decisions stand in the journal.</param>
/// <param name="Role">What they may do.</param>
/// <param name="Session">The session they opened; <see langword="null"/> when each call says who they are.</param>
internal sealed record Visitor(string Name, KsmgWebRole Role, string? Session = null);
