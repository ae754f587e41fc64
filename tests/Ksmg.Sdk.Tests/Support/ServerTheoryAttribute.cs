using Xunit.Sdk;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>As <see cref="ServerFactAttribute"/>, for a test with data.</summary>
[TraitDiscoverer(ServerTraits.TypeName, ServerTraits.AssemblyName)]
[AttributeUsage(AttributeTargets.Method)]
public sealed class ServerTheoryAttribute : TheoryAttribute, ITraitAttribute
{
    /// <param name="programs">Programs that must be there, by name.</param>
    public ServerTheoryAttribute(params string[] programs) => Skip = ServerFactAttribute.Missing(programs);
}
