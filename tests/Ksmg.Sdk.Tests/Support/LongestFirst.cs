using Ksmg.Sdk.Tests.Processes;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer(Ksmg.Sdk.Tests.Support.LongestFirst.TypeName, Ksmg.Sdk.Tests.Support.LongestFirst.AssemblyName)]

namespace Ksmg.Sdk.Tests.Support;

/// <summary>Tests of whole processes take longest, by far, and begin first: all the others end beside them, and they are not waited for alone.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public const string TypeName = "Ksmg.Sdk.Tests.Support.LongestFirst";
    public const string AssemblyName = "Ksmg.Sdk.Tests";

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderByDescending(collection => collection.DisplayName is SeparateProcesses.Name or KilledProcesses.Name);
}
