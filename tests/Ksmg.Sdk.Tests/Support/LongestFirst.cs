using Ksmg.Sdk.Tests.Processes;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer(Ksmg.Sdk.Tests.Support.LongestFirst.TypeName, Ksmg.Sdk.Tests.Support.LongestFirst.AssemblyName)]

namespace Ksmg.Sdk.Tests.Support;

/// <summary>What processes are killed in takes longest, by far, and begins first: all the others end beside it, and it is not waited for alone.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public const string TypeName = "Ksmg.Sdk.Tests.Support.LongestFirst";
    public const string AssemblyName = "Ksmg.Sdk.Tests";

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderByDescending(collection => collection.DisplayName == SeparateProcesses.Name);
}
