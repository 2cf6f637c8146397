//! An order in UBL 2.1 (ISO/IEC 19845), for an ERP to read.

use super::document::{Document, fraction_digits};
use crate::xml::escaped;

/// The order's XML.
pub(crate) fn order(document: &Document) -> String {
    let money = |amount: i64| {
        let digits = fraction_digits(&document.currency);
        let scale = 10_u64.pow(digits);
        let sign = if amount < 0 { "-" } else { "" };
        let (whole, part) = (amount.unsigned_abs() / scale, amount.unsigned_abs() % scale);
        let text = if digits == 0 {
            format!("{whole}")
        } else {
            format!("{whole}.{part:0width$}", width = digits as usize)
        };
        format!("{sign}{text}")
    };
    let percent = |hundredths: i64| format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let currency = escaped(&document.currency);
    let amount = |name: &str, value: i64| {
        format!(
            "<cbc:{name} currencyID=\"{currency}\">{}</cbc:{name}>",
            money(value)
        )
    };
    let party = |lines: &[String]| {
        let name = lines.first().map(|n| escaped(n)).unwrap_or_default();
        let rest: String = lines
            .iter()
            .skip(1)
            .map(|l| {
                format!(
                    "<cac:AddressLine><cbc:Line>{}</cbc:Line></cac:AddressLine>",
                    escaped(l)
                )
            })
            .collect();
        let address = if rest.is_empty() {
            rest
        } else {
            format!("<cac:PostalAddress>{rest}</cac:PostalAddress>")
        };
        format!("<cac:Party><cac:PartyName><cbc:Name>{name}</cbc:Name></cac:PartyName>{address}</cac:Party>")
    };
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.push_str(
        "<Order xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Order-2\" \
         xmlns:cac=\"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2\" \
         xmlns:cbc=\"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2\">\n",
    );
    let mut add = |line: String| {
        xml.push_str("  ");
        xml.push_str(&line);
        xml.push('\n');
    };
    add("<cbc:UBLVersionID>2.1</cbc:UBLVersionID>".into());
    add(format!("<cbc:ID>{}</cbc:ID>", escaped(&document.number)));
    add(format!(
        "<cbc:IssueDate>{}</cbc:IssueDate>",
        escaped(&document.date)
    ));
    add(format!(
        "<cbc:DocumentCurrencyCode>{currency}</cbc:DocumentCurrencyCode>"
    ));
    add(format!(
        "<cac:BuyerCustomerParty>{}</cac:BuyerCustomerParty>",
        party(&document.buyer)
    ));
    add(format!(
        "<cac:SellerSupplierParty>{}</cac:SellerSupplierParty>",
        party(&document.seller)
    ));
    let subtotals: String = document
        .totals
        .by_rate
        .iter()
        .map(|(rate, net, tax)| {
            format!(
                "<cac:TaxSubtotal>{}{}<cac:TaxCategory><cbc:Percent>{}</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:TaxCategory></cac:TaxSubtotal>",
                amount("TaxableAmount", *net),
                amount("TaxAmount", *tax),
                percent(*rate)
            )
        })
        .collect();
    add(format!(
        "<cac:TaxTotal>{}{subtotals}</cac:TaxTotal>",
        amount("TaxAmount", document.totals.tax)
    ));
    add(format!(
        "<cac:AnticipatedMonetaryTotal>{}{}{}{}</cac:AnticipatedMonetaryTotal>",
        amount("LineExtensionAmount", document.totals.net),
        amount("TaxExclusiveAmount", document.totals.net),
        amount("TaxInclusiveAmount", document.totals.total),
        amount("PayableAmount", document.totals.total)
    ));
    for (index, line) in document.lines.iter().enumerate() {
        let quantity = format!("{:.3}", line.quantity as f64 / 1_000.0);
        let item = line.product_id.as_deref().map(|id| {
            format!(
                "<cac:SellersItemIdentification><cbc:ID>{}</cbc:ID></cac:SellersItemIdentification>",
                escaped(id)
            )
        });
        add(format!(
            "<cac:OrderLine><cac:LineItem><cbc:ID>{}</cbc:ID><cbc:Quantity>{quantity}</cbc:Quantity>{}<cac:Price>{}</cac:Price>\
             <cac:Item><cbc:Name>{}</cbc:Name>{}<cac:ClassifiedTaxCategory><cbc:Percent>{}</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item></cac:LineItem></cac:OrderLine>",
            index + 1,
            amount("LineExtensionAmount", line.net),
            amount("PriceAmount", line.unit_price),
            escaped(&line.text),
            item.unwrap_or_default(),
            percent(line.tax_rate)
        ));
    }
    xml.push_str("</Order>\n");
    xml
}
