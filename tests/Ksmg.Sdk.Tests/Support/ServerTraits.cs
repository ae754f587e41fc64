using Xunit.Abstractions;
using Xunit.Sdk;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>Whatever needs a server that has to be installed is of the category Servers, by its attribute alone.</summary>
public sealed class ServerTraits : ITraitDiscoverer
{
    public const string TypeName = "Ksmg.Sdk.Tests.Support.ServerTraits";
    public const string AssemblyName = "Ksmg.Sdk.Tests";

    public IEnumerable<KeyValuePair<string, string>> GetTraits(IAttributeInfo traitAttribute) => [new("Category", "Servers")];
}
